//go:build !unix

package app

import "time"

// processorTime is unknown on this system.
func processorTime() time.Duration { return 0 }
