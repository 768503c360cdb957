package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCmd prints a script that completes commands, flags and their values.
// The script is static: it holds what there is to complete and asks nobody.
type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish. For bash: source <(assay completion bash)"`
}

func (c *completionCmd) Run(env *environment, parser *kong.Kong) error {
	words := completions(parser.Model.Node, nil)
	switch c.Shell {
	case "bash":
		fmt.Fprintf(env.out, bashCompletion, cases(words, `"%s") words="%s" ;;`))
	case "zsh":
		fmt.Fprintf(env.out, "#compdef assay\nautoload -U +X bashcompinit && bashcompinit\n"+bashCompletion, cases(words, `"%s") words="%s" ;;`))
	case "fish":
		for _, w := range words {
			path := strings.Fields(w.path)
			condition := "__fish_use_subcommand"
			if len(path) > 0 {
				condition = "__fish_seen_subcommand_from " + path[len(path)-1]
			}
			for _, word := range w.words {
				fmt.Fprintf(env.out, "complete -c assay -n %q -a %q\n", condition, word)
			}
		}
	}
	return nil
}

// completion is what may follow a command path, or, as "PATH --flag", a flag.
type completion struct {
	path  string
	words []string
}

func completions(n *kong.Node, path []string) []completion {
	here := completion{path: strings.Join(path, " ")}
	all := []completion{}
	for _, child := range n.Children {
		here.words = append(here.words, child.Name)
		all = append(all, completions(child, append(slices.Clone(path), child.Name))...)
	}
	for _, f := range n.Flags {
		here.words = append(here.words, "--"+f.Name)
		if f.Enum != "" {
			all = append(all, completion{strings.TrimSpace(here.path + " --" + f.Name), values(f.Value)})
		}
	}
	for _, arg := range n.Positional {
		if arg.Enum != "" {
			here.words = append(here.words, values(arg)...)
		}
	}
	return append(all, here)
}

func values(v *kong.Value) []string {
	return slices.DeleteFunc(v.EnumSlice(), func(s string) bool { return s == "" })
}

func cases(all []completion, format string) string {
	var b strings.Builder
	for _, c := range all {
		fmt.Fprintf(&b, "    "+format+"\n", c.path, strings.Join(c.words, " "))
	}
	return b.String()
}

const bashCompletion = `_assay() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" path="" words="" w
  for w in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$w" in -*) break ;; *) path="${path:+$path }$w" ;; esac
  done
  case "$previous" in --*) path="${path:+$path }$previous" ;; esac
  case "$path" in
%s  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -o filenames -F _assay assay
`
