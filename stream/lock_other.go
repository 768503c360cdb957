//go:build !unix

package stream

import (
	"errors"
	"os"
)

// lockDir fails: without a lock that ends with its process, two of them could write
// to one log.
func lockDir(string) (*os.File, error) {
	return nil, errors.New("the embedded log needs a Unix system; use an outside NATS server")
}

func isNoRoom(error) bool { return false }
