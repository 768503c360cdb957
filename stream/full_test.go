//go:build linux

package stream_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"assay"
	"assay/stream"
	"assay/stream/streamtest"
)

func TestWhenTheDiskIsFullAppendSaysSoAndTheLogComesBackByItself(t *testing.T) {
	disk := streamtest.SmallDisk(t, 48<<20)
	ballast := filepath.Join(disk, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	log := open(t, stream.Options{Dir: filepath.Join(disk, "log"), Partitions: 2})
	ensured(t, log, 0, 1)
	ensured(t, log, 1, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()

	// Read and append at the same time: the reader waits while the log is away.
	const more = 5
	total := make(chan int, 1)
	read := make(chan error, 1)
	go func() {
		r := log.Reader(0, 0)
		defer r.Close()
		end := -1
		for i := 1; i != end+1; {
			select {
			case end = <-total:
				continue
			default:
			}
			one, cancel := context.WithTimeout(ctx, patience/100)
			e, err := r.Next(one)
			cancel()
			if err != nil && ctx.Err() == nil && one.Err() != nil {
				continue
			}
			if err != nil {
				read <- err
				return
			}
			if e.Seq != uint64(i) || e.Data[0] != byte(i) {
				read <- fmt.Errorf("in place of envelope %d there is %d", i, e.Seq)
				return
			}
			i++
		}
		read <- nil
	}()

	envelope := func(i int) []byte {
		data := make([]byte, 256<<10)
		data[0] = byte(i)
		return data
	}
	i := 1
	for ; ; i++ {
		seq, err := log.Append(ctx, 0, fmt.Sprint(i), envelope(i))
		if assay.CodeOf(err) == assay.Full {
			break
		}
		if err != nil {
			t.Fatalf("append %d: %v (%v)", i, err, cause(err))
		}
		if seq != uint64(i) {
			t.Fatalf("append %d has the sequence %d", i, seq)
		}
	}
	if err := log.Healthy(ctx); assay.CodeOf(err) != assay.Full {
		t.Errorf("on a full disk the log's health is %v", err)
	}
	if _, err := log.Append(ctx, 1, "another partition", envelope(0)); assay.CodeOf(err) != assay.Full {
		t.Errorf("another partition got %v", err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	// The same append again, until there is room.
	for last := i + more; i <= last; {
		seq, err := log.Append(ctx, 0, fmt.Sprint(i), envelope(i))
		switch {
		case assay.CodeOf(err) == assay.Full && ctx.Err() == nil:
		case err != nil:
			t.Fatalf("append %d: %v (%v)", i, err, cause(err))
		case seq != uint64(i):
			t.Fatalf("append %d has the sequence %d", i, seq)
		default:
			i++
		}
	}
	total <- i - 1
	if err := <-read; err != nil {
		t.Errorf("reading: %v", err)
	}
	if err := log.Healthy(ctx); err != nil {
		t.Errorf("with room the log's health is %v", err)
	}
}

func TestAFolderWithoutRoomIsNotOpened(t *testing.T) {
	disk := streamtest.SmallDisk(t, 1<<20)
	if _, err := stream.Open(t.Context(), stream.Options{Dir: disk, Partitions: 1}); assay.CodeOf(err) != assay.Full {
		t.Errorf("got %v", err)
	}
}
