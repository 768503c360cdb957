package app

import (
	"fmt"
	"os"
	"time"

	"assay/reference"
)

// LoadReference compiles the reference folder dir for the day asOf. Mistakes in
// its files are assay.Problems, all of them at once.
func LoadReference(dir string, asOf time.Time) (*reference.Generation, error) {
	gen, err := reference.Load(os.DirFS(dir), asOf)
	if err != nil {
		return nil, fmt.Errorf("reference folder %s:\n%w", dir, err)
	}
	return gen, nil
}
