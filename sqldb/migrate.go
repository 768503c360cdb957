package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// migrations are NNNNN_subject.sql for both engines, NNNNN_subject.ENGINE.sql for
// one. Each runs in a transaction of its own. They only go up: the way back is a
// backup.
//
//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date, and what of the full text no SQL can write. The
// caller keeps others from doing the same.
func (s *Store) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	var steps []*goose.Migration
	for _, name := range names {
		number, rest, _ := strings.Cut(strings.TrimPrefix(name, "migrations/"), "_")
		if parts := strings.Split(rest, "."); len(parts) == 3 && parts[1] != s.dialect.name {
			continue
		}
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return fmt.Errorf("reading the number of migration %s: %w", name, err)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return err
		}
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, t *sql.Tx) error {
			if s.dialect.enter != "" { // later migrations may touch rows
				if _, err := t.ExecContext(ctx, s.dialect.enter, "local"); err != nil {
					return err
				}
			}
			_, err := t.ExecContext(ctx, string(text))
			return err
		}}, nil))
	}
	provider, err := goose.NewProvider(s.dialect.goose, s.writer.DB, nil,
		goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return s.fillReferenceText(ctx)
}
