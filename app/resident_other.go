//go:build !unix

package app

import "os"

// maxResident is unknown on this system.
func maxResident(*os.ProcessState) int64 { return 0 }
