package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// writeCertificate makes a certificate of its own for a name.
func writeCertificate(t *testing.T, dir, name string, at time.Time) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: at.Add(-time.Hour), NotAfter: at.Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: cert}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, at, at); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func shown(t *testing.T, c *certificate) string {
	t.Helper()
	pair, err := c.config().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return pair.Leaf.Subject.CommonName
}

func TestARenewedCertificateIsShownWithoutARestart(t *testing.T) {
	dir, at := t.TempDir(), time.Now().Add(-time.Minute)
	var failure error
	certFile, keyFile := writeCertificate(t, dir, "first.example", at)
	c, err := openCertificate(certFile, keyFile, func(err error) { failure = err })
	if err != nil {
		t.Fatal(err)
	}
	writeCertificate(t, dir, "second.example", at.Add(time.Second))
	if name := shown(t, c); name != "first.example" {
		t.Errorf("the files were looked at again at once: %s", name)
	}
	c.looked = c.looked.Add(-2 * certificateTime)
	if name := shown(t, c); name != "second.example" || failure != nil {
		t.Errorf("%s, %v", name, failure)
	}
	if err := os.WriteFile(certFile, []byte("half a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	c.looked = c.looked.Add(-2 * certificateTime)
	if name := shown(t, c); name != "second.example" || failure == nil {
		t.Errorf("with a broken file: %s, %v", name, failure)
	}
}

func TestACertificateThatIsNoneIsRefusedAtTheStart(t *testing.T) {
	dir := t.TempDir()
	certFile, _ := writeCertificate(t, dir, "first.example", time.Now())
	if _, err := openCertificate(certFile, filepath.Join(dir, "missing.pem"), nil); err == nil {
		t.Error("a missing key is accepted")
	}
	if _, err := openCertificate(certFile, certFile, nil); err == nil {
		t.Error("a certificate passes for its key")
	}
}
