package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assay"
	"assay/app"
	"assay/blob"
	"assay/stream"
	"assay/stream/streamtest"

	"github.com/klauspost/compress/s2"
)

// envelope makes one as package watch does.
func envelope(kind byte, sealed int64, count int, body []byte) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{1, kind}, uint64(sealed))
	return append(binary.LittleEndian.AppendUint32(b, uint32(count)), body...)
}

func (c caller) poison() []assay.Poison {
	c.t.Helper()
	var got struct{ Poison []assay.Poison }
	c.get("/v1/ingest/poison", &got)
	return got.Poison
}

func TestAnEnvelopeThatCannotBeWorkedIsSetAsideAndThoseBehindItGoOn(t *testing.T) {
	t.Parallel()
	nats := streamtest.Server(t)
	o := app.ServerOptions{NATS: nats.URL, Partitions: 1}
	n := start(t, o)
	n.importFolder("../examples/reference")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	log, err := stream.Open(ctx, stream.Options{URL: nats.URL, Partitions: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Ensure(ctx, 0, 1); err != nil {
		t.Fatal(err)
	}
	now := time.Now().UnixMicro()
	later := envelope(0, now, 1, s2.Encode(nil, []byte(bag("later", 1)+"\n")))
	sum := sha256.Sum256(later)
	bad := []struct {
		name string
		data []byte
	}{
		{"nothing", nil},
		{"noise", []byte("this is no envelope, whatever it is")},
		{"another version", append([]byte{9}, envelope(0, now, 0, nil)[1:]...)},
		{"another kind", envelope(7, now, 1, []byte("x"))},
		{"lines that cannot be unpacked", envelope(0, now, 1, []byte("\xff\xff\xff\xff\xff"))},
		{"lines that would unpack to much", envelope(0, now, 1, binary.AppendUvarint(nil, 1<<40))},
		{"another number of lines", envelope(0, now, 3, s2.Encode(nil, []byte(bag("x", 1)+"\n")))},
		{"text behind the last line", envelope(0, now, 1, s2.Encode(nil, []byte(bag("x", 1)+"\n"+bag("x", 2))))},
		{"a line that is no listing", envelope(0, now, 2, s2.Encode(nil, []byte(bag("x", 1)+"\n{\"marketplace\":\n")))},
		{"a time that nobody can write", envelope(0, math.MaxInt64, 1, s2.Encode(nil, []byte(bag("x", 1)+"\n")))},
		{"the name of a blob that is not there", envelope(1, now, 1, sum[:])},
		{"half the name of a blob", envelope(1, now, 1, sum[:16])},
	}
	for i, b := range bad {
		if _, err := log.Append(ctx, 0, fmt.Sprint("bad-", i), b.data); err != nil {
			t.Fatalf("%s: %v", b.name, err)
		}
		n.send(bag("good", i+1))
	}
	n.settled()
	list := n.poison()
	if len(list) != len(bad) {
		t.Fatalf("of %d bad envelopes %d are set aside: %+v", len(bad), len(list), list)
	}
	for i, p := range list {
		if p.Reason == "" || p.Bytes != len(bad[i].data) || p.Sequence != uint64(2*i+1) {
			t.Errorf("%s: set aside as %+v", bad[i].name, p)
		}
		a := n.do("GET", "/v1/ingest/poison/"+p.ID, nil, nil)
		if a.status != 200 || !bytes.Equal(a.body, bad[i].data) {
			t.Errorf("%s: its bytes are answered with %s", bad[i].name, a)
		}
	}
	if got := n.offer("good", len(bad)); got.Revision != len(bad) {
		t.Errorf("of the listings between them %d of %d were worked", got.Revision, len(bad))
	}
	if a := n.do("GET", "/v1/offers?marketplace=bazar.example&id=x", nil, nil); a.status != 404 {
		t.Errorf("something of a bad envelope was kept: %s", a)
	}

	// With the blob there, the envelope that names it can be worked.
	blobs, err := blob.Open(filepath.Join(n.data, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := blobs.Put(ctx, bytes.NewReader(later), 1<<20); err != nil {
		t.Fatal(err)
	}
	for i, p := range list {
		switch bad[i].name {
		case "the name of a blob that is not there", "noise":
			if a := n.do("POST", "/v1/ingest/poison/"+p.ID+"/replay", nil, nil); a.status != 204 {
				t.Errorf("%s: replaying it: %s", bad[i].name, a)
			}
		case "nothing":
			if a := n.do("DELETE", "/v1/ingest/poison/"+p.ID, nil, nil); a.status != 204 {
				t.Errorf("dropping: %s", a)
			}
			for _, path := range []string{"", "/replay"} {
				method := map[string]string{"": "GET", "/replay": "POST"}[path]
				if a := n.do(method, "/v1/ingest/poison/"+p.ID+path, nil, nil); a.status != 404 {
					t.Errorf("%s after dropping: %s", method, a)
				}
			}
		}
	}
	n.settled()
	if got := n.offer("later", 1); got.Revision != 1 || len(got.Findings) == 0 {
		t.Errorf("the envelope that was replayed made %+v", got)
	}
	again := n.poison()
	if len(again) != len(bad)-2 || !strings.Contains(again[len(again)-1].Reason, "version") || again[len(again)-1].Sequence != uint64(2*len(bad)+1) && again[len(again)-1].Sequence != uint64(2*len(bad)+2) {
		t.Errorf("after replay and dropping these are set aside: %+v", again)
	}

	if err := n.stop(); err != nil {
		t.Fatal(err)
	}
	o.Data = n.data
	n = start(t, o)
	n.settled()
	if got := n.poison(); len(got) != len(again) {
		t.Errorf("after a restart %d are set aside, before %d", len(got), len(again))
	}
	if got := n.offer("good", len(bad)); got.Revision != len(bad) {
		t.Errorf("after a restart the offer is at revision %d", got.Revision)
	}
}
