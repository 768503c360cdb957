package app

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"assay"
	"assay/reference"
)

// ImportBank brings an image bank, a folder with bank.yaml, into force and returns
// how many images and hashes it has. Images are known to the server by their hashes.
func (c *Client) ImportBank(ctx context.Context, dir string, mode assay.ImportMode, dryRun bool) (int, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return 0, err
	}
	name := filepath.Base(dir)
	return c.importBanks(ctx, name, mode, dryRun, func(banks, images io.Writer) error {
		return reference.WriteBank(os.DirFS(filepath.Dir(dir)), name, banks, images)
	})
}

// ImportBanks does so for all banks of a reference folder.
func (c *Client) ImportBanks(ctx context.Context, folder fs.FS, mode assay.ImportMode, dryRun bool) (int, error) {
	return c.importBanks(ctx, "banks", mode, dryRun, func(banks, images io.Writer) error {
		return reference.WriteBanks(folder, banks, images)
	})
}

func (c *Client) importBanks(ctx context.Context, name string, mode assay.ImportMode, dryRun bool, write func(banks, images io.Writer) error) (int, error) {
	var banks, images bytes.Buffer
	if err := write(&banks, &images); err != nil {
		return 0, err
	}
	n := max(0, bytes.Count(images.Bytes(), []byte{'\n'})-1)
	// The images need their banks, so these come into force first, and as they are: a
	// bank that is not named stays.
	if _, err := c.ImportReference(ctx, assay.ReferenceBanks, assay.ImportMerge, dryRun, name, &banks, nil); err != nil {
		return 0, fmt.Errorf("%s: %w", name, err)
	}
	if dryRun || n == 0 {
		return n, nil
	}
	_, err := c.ImportReference(ctx, assay.ReferenceBankImages, mode, dryRun, name, &images, nil)
	return n, err
}
