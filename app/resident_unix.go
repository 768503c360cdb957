//go:build unix

package app

import (
	"os"
	"runtime"
	"syscall"
)

// maxResident returns the most memory, in bytes, that a finished process had
// resident.
func maxResident(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss) // bytes there, kibibytes elsewhere
	}
	return int64(usage.Maxrss) << 10
}
