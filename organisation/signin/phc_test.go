package signin_test

import (
	"strings"
	"testing"

	"assay/organisation/signin"
)

// From the test program of the reference implementation of Argon2 (version 19).
const referencePHC = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"

func TestAHashOfTheReferenceImplementationIsVerified(t *testing.T) {
	for password, want := range map[string]bool{"password": true, "Password": false} {
		if got := must(signin.Argon2id(referencePHC, password))(t); got != want {
			t.Errorf("password %q: %v, want %v", password, got, want)
		}
	}
}

func TestOnlyOneWritingOfAHashIsRead(t *testing.T) {
	if got := must(signin.ParsePHC(referencePHC))(t); got != referencePHC {
		t.Fatalf("read and written again: %s", got)
	}
	for name, change := range map[string][2]string{
		"another function":           {"argon2id", "argon2i"},
		"another version":            {"v=19", "v=16"},
		"no version":                 {"$v=19", ""},
		"parameters in other order":  {"m=65536,t=2", "t=2,m=65536"},
		"a missing parameter":        {",p=1", ""},
		"one parameter more":         {"p=1", "p=1,data=AA"},
		"a leading zero":             {"t=2", "t=02"},
		"a sign":                     {"t=2", "t=+2"},
		"no passes":                  {"t=2", "t=0"},
		"memory that exhausts ours":  {"m=65536", "m=4294967295"},
		"a number beyond 32 bits":    {"m=65536", "m=18446744073709551616"},
		"passes without end":         {"t=2", "t=4294967295"},
		"more lanes than fit":        {"p=1", "p=257"},
		"less memory than lanes":     {"m=65536,t=2,p=1", "m=64,t=2,p=9"},
		"padding":                    {"c29tZXNhbHQ", "c29tZXNhbHQ="},
		"stray bits":                 {"c29tZXNhbHQ", "c29tZXNhbHR"},
		"a line break in the base64": {"c29tZXNhbHQ", "c29t\nZXNhbHQ"},
		"a short salt":               {"c29tZXNhbHQ", "c29t"},
		"a short hash":               {"CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "CTFhFdXP"},
		"an empty hash":              {"CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", ""},
		"one part more":              {"$c29tZXNhbHQ", "$$c29tZXNhbHQ"},
		"too much of everything":     {"$argon2id", strings.Repeat("$argon2id", 100)},
	} {
		t.Run(name, func(t *testing.T) {
			s := strings.Replace(referencePHC, change[0], change[1], 1)
			if s == referencePHC {
				t.Fatal("nothing was changed")
			}
			if _, err := signin.ParsePHC(s); err == nil {
				t.Errorf("%s is read", s)
			} else if strings.Contains(err.Error(), "CTFh") {
				t.Errorf("the error quotes the hash: %v", err)
			}
		})
	}
}

func FuzzPHC(f *testing.F) {
	for _, s := range []string{"", "$", referencePHC, "$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if again, err := signin.ParsePHC(s); err == nil && again != s {
			t.Errorf("%q is read and written as %q", s, again)
		}
	})
}
