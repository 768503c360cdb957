package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"assay"
	"assay/sqldb"

	"github.com/google/uuid"
)

func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// newSecret makes a bearer token: 256 bits that are recognised by scanners of leaked
// secrets.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return "assay_" + base64.RawURLEncoding.EncodeToString(b[:])
}

func hashSecret(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// firstToken makes the admin token at the first start. A token in the folder that
// the store does not know is made known: whoever reads the folder is the operator.
func (s *Server) firstToken(ctx context.Context) error {
	b, err := os.ReadFile(s.AdminTokenFile())
	switch {
	case errors.Is(err, os.ErrNotExist):
		known, err := s.store.HasTokens(ctx, s.scope, adminTokenName)
		if err != nil {
			return err
		}
		if known { // another process's folder has it
			s.o.Logger.Info("there is an admin token, but not in this folder; rotate it to have it here")
			return nil
		}
		_, err = s.rotateToken(ctx)
		return err
	case err != nil:
		return fmt.Errorf("reading the admin token: %w", err)
	}
	secret := strings.TrimSpace(string(b))
	if len(secret) < 32 {
		return assay.Errorf(assay.Invalid, "%s holds no token; remove the file and rotate the token", s.AdminTokenFile())
	}
	if _, err := s.store.TokenByHash(ctx, hashSecret(secret)); assay.CodeOf(err) != assay.NotFound {
		return err
	}
	known, err := s.store.HasTokens(ctx, s.scope, adminTokenName)
	if err != nil {
		return err
	}
	if known {
		s.o.Logger.Warn("the admin token in this folder is not valid any more; rotate it to have the valid one here")
		return nil
	}
	return s.putToken(ctx, secret)
}

// AdminTokenFile returns the file with the admin token.
func (s *Server) AdminTokenFile() string { return filepath.Join(s.o.Data, adminTokenFile) }

// rotateToken puts a new admin token in the place of the old one.
func (s *Server) rotateToken(ctx context.Context) (string, error) {
	return rotateToken(ctx, s.store, s.AdminTokenFile(), s.o)
}

func (s *Server) putToken(ctx context.Context, secret string) error {
	_, err := putToken(ctx, s.store, secret, s.o)
	return err
}

func putToken(ctx context.Context, store *sqldb.Store, secret string, o ServerOptions) (id string, err error) {
	if id, err = newID(); err != nil {
		return "", err
	}
	return id, store.PutToken(ctx, assay.LocalScope("node"), assay.Token{
		ID: id, Organisation: assay.LocalOrganisation, Name: adminTokenName, Hash: hashSecret(secret), CreatedAt: o.Clock(),
	})
}

// rotateToken makes a new token valid, writes it down and then ends the old ones, so
// that at no time there is none.
func rotateToken(ctx context.Context, store *sqldb.Store, file string, o ServerOptions) (string, error) {
	secret := newSecret()
	id, err := putToken(ctx, store, secret, o)
	if err != nil {
		return "", err
	}
	if err := writeFile(file, []byte(secret+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("writing the admin token: %w", err)
	}
	return secret, store.DropTokens(ctx, assay.LocalScope("node"), adminTokenName, id)
}

// RotateToken does so for the server of a data folder, running or not.
func RotateToken(ctx context.Context, o ServerOptions) (file string, err error) {
	if err := o.complete(); err != nil {
		return "", err
	}
	if _, err := os.Stat(o.Data); err != nil {
		return "", assay.Errorf(assay.NotFound, "the data folder: %w", err)
	}
	store, err := sqldb.Open(ctx, sqldb.Options{URL: o.Database})
	if err != nil {
		return "", err
	}
	defer store.Close()
	file = filepath.Join(o.Data, adminTokenFile)
	_, err = rotateToken(ctx, store, file, o)
	return file, err
}
