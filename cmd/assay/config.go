package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v4"
)

// settings are flags from a YAML file, by their names. What stands on the command
// line or in the environment goes before.
type settings map[string]string

// maxSettings bounds a file of settings, in bytes.
const maxSettings = 1 << 20

// readSettings reads a file of settings: one mapping, "listen: 0.0.0.0:8417", lists for
// flags that may be repeated.
func readSettings(r io.Reader) (kong.Resolver, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSettings))
	if err != nil {
		return nil, err
	}
	var file map[string]any
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w", err)
	}
	s := settings{}
	for name, value := range file {
		switch v := value.(type) {
		case []any:
			var items []string
			for _, item := range v {
				items = append(items, fmt.Sprint(item))
			}
			s[name] = strings.Join(items, ",")
		case map[string]any, nil:
			return nil, fmt.Errorf("the setting %q needs a value or a list of values", name)
		default:
			s[name] = fmt.Sprint(v)
		}
	}
	return s, nil
}

// Validate refuses settings that no command has: a slip must not go unnoticed.
func (s settings) Validate(app *kong.Application) error {
	var known []string
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known = append(known, flag.Name)
		}
		return next(nil)
	})
	for name := range s {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the settings hold %q, which is no flag of any command", name)
		}
	}
	return err
}

// Resolve returns the value of a flag that nobody has given otherwise.
func (s settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if value, ok := s[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}
