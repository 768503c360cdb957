package app

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"assay/demo"
	"assay/feed"
)

// BenchOptions says what a benchmark measures. Its data is invented and always
// the same for the same numbers.
type BenchOptions struct {
	Marks, Products, Listings int
	Workers                   int // 0: one a core
	Runs                      int
	Command                   string       // the assay program to measure
	Progress                  func(string) // told what is being done
	Dir                       string       // for the data; it must be there
}

const benchSeed = 1

// BenchScreen times "assay screen" as a process of its own: loading the reference,
// reading NDJSON, decoding, screening and writing what is not clear.
func BenchScreen(ctx context.Context, w io.Writer, o BenchOptions) error {
	world, dir, err := o.writeReference()
	if err != nil {
		return err
	}
	o.Progress("writing listings")
	listings := filepath.Join(o.Dir, "listings.ndjson")
	size, err := writeListings(ctx, listings, world, o.Listings)
	if err != nil {
		return err
	}
	empty, err := o.measure(ctx, "screen", "--reference", dir, "--as-of", demo.AsOf().Format(time.DateOnly), "--format", "ndjson", os.DevNull)
	if err != nil {
		return err
	}
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	full, err := o.measure(ctx, "screen", "--reference", dir, "--as-of", demo.AsOf().Format(time.DateOnly), "--workers", fmt.Sprint(workers), listings)
	if err != nil {
		return err
	}
	writeMachine(w)
	fmt.Fprintf(w, "data     %s invented listings, %d bytes each, NDJSON; %s marks, %s products\n",
		Thousands(int64(o.Listings)), size/int64(max(1, o.Listings)), Thousands(int64(o.Marks)), Thousands(int64(o.Products)))
	fmt.Fprintf(w, "command  assay screen --reference DIR --workers %d FILE, a process of its own, %d runs: median (min – max)\n", workers, o.Runs)
	perSecond := func(r run) float64 { return float64(o.Listings) / r.wall.Seconds() }
	figure(w, "listings/s, start-up included", full, perSecond, "%.0f")
	load := median(values(empty, func(r run) float64 { return r.wall.Seconds() }))
	figure(w, "listings/s, without start-up", full, func(r run) float64 {
		return float64(o.Listings) / max(1e-9, r.wall.Seconds()-load)
	}, "%.0f")
	figure(w, "µs of CPU a listing", full, func(r run) float64 { return r.cpu.Seconds() * 1e6 / float64(max(1, o.Listings)) }, "%.2f")
	figure(w, "MB/s", full, func(r run) float64 { return float64(size) / 1e6 / r.wall.Seconds() }, "%.0f")
	figure(w, "start-up, s", empty, func(r run) float64 { return r.wall.Seconds() }, "%.2f")
	figure(w, "resident memory at most, MB", full, func(r run) float64 { return float64(r.memory) / 1e6 }, "%.0f")
	return nil
}

// BenchReference times compiling a reference folder, as a process of its own that
// then has nothing to screen.
func BenchReference(ctx context.Context, w io.Writer, o BenchOptions) error {
	_, dir, err := o.writeReference()
	if err != nil {
		return err
	}
	runs, err := o.measure(ctx, "screen", "--reference", dir, "--as-of", demo.AsOf().Format(time.DateOnly), "--format", "ndjson", os.DevNull)
	if err != nil {
		return err
	}
	writeMachine(w)
	fmt.Fprintf(w, "data     %s invented marks, %s products\n", Thousands(int64(o.Marks)), Thousands(int64(o.Products)))
	fmt.Fprintf(w, "command  assay screen --reference DIR with nothing to screen, a process of its own, %d runs: median (min – max)\n", o.Runs)
	figure(w, "build, s", runs, func(r run) float64 { return r.wall.Seconds() }, "%.2f")
	figure(w, "CPU, s", runs, func(r run) float64 { return r.cpu.Seconds() }, "%.2f")
	figure(w, "resident memory at most, MB", runs, func(r run) float64 { return float64(r.memory) / 1e6 }, "%.0f")
	return nil
}

func (o *BenchOptions) writeReference() (world *demo.World, dir string, err error) {
	o.Progress("writing the reference")
	world = demo.New(benchSeed, demo.Options{ExtraMarks: o.Marks, Products: o.Products})
	dir = filepath.Join(o.Dir, "reference")
	return world, dir, WriteReference(world, dir)
}

// WriteReference writes a world's reference folder to dir, which it makes.
func WriteReference(world *demo.World, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	return world.WriteReference(func(name string) (io.WriteCloser, error) {
		return os.Create(filepath.Join(dir, name))
	})
}

func writeListings(ctx context.Context, file string, world *demo.World, n int) (size int64, err error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	var line []byte
	for i := range n {
		if i%1024 == 0 && ctx.Err() != nil {
			return 0, ctx.Err()
		}
		l, _ := world.Listing(uint64(i))
		line = append(feed.AppendListing(line[:0], &l), '\n')
		size += int64(len(line))
		if _, err := w.Write(line); err != nil {
			return 0, err
		}
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return size, f.Close()
}

// run is what one process took.
type run struct {
	wall, cpu time.Duration
	memory    int64 // bytes resident at most; 0 where the system does not say
}

// measure runs the command once to warm up and then o.Runs times.
func (o *BenchOptions) measure(ctx context.Context, args ...string) ([]run, error) {
	var runs []run
	for i := range o.Runs + 1 {
		o.Progress(fmt.Sprintf("run %d of %d: assay %s", i, o.Runs, strings.Join(args, " ")))
		cmd := exec.CommandContext(ctx, o.Command, args...)
		var complaints bytes.Buffer
		cmd.Stderr = &complaints
		began := time.Now()
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", cmd, err, complaints.Bytes())
		}
		r := run{wall: time.Since(began), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), memory: maxResident(cmd.ProcessState)}
		if i > 0 {
			runs = append(runs, r)
		}
	}
	return runs, nil
}

func values(runs []run, of func(run) float64) []float64 {
	var v []float64
	for _, r := range runs {
		v = append(v, of(r))
	}
	slices.Sort(v)
	return v
}

func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func figure(w io.Writer, name string, runs []run, of func(run) float64, format string) {
	v := values(runs, of)
	fmt.Fprintf(w, "%-32s "+format+"  ("+format+" – "+format+")\n", name, median(v), v[0], v[len(v)-1])
}

func writeMachine(w io.Writer) {
	fmt.Fprintf(w, "machine  %s, %d cores, %s/%s, %s\n", processor(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

// processor names the processor where the system tells.
func processor() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}
