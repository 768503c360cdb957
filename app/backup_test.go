package app_test

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"assay"
	"assay/app"
	"assay/sqldb"
	"assay/sqldb/pgtest"
	"assay/stream/streamtest"

	"github.com/google/go-cmp/cmp"
)

func (n *node) backup() (file string) {
	n.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	file = filepath.Join(n.t.TempDir(), "backup.tar")
	size, err := n.client.Backup(ctx, file)
	if err != nil {
		n.t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != size {
		n.t.Fatalf("the backup has %d bytes: %v, %v", size, info, err)
	}
	return file
}

func restore(t testing.TB, o app.ServerOptions, archive []byte) (app.Restored, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return app.Restore(ctx, o, bytes.NewReader(archive))
}

func mustRestore(t testing.TB, file string) (app.ServerOptions, app.Restored) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	o := app.ServerOptions{Data: filepath.Join(t.TempDir(), "restored")}
	r, err := restore(t, o, b)
	if err != nil {
		t.Fatalf("restoring: %v", causes(err))
	}
	return o, r
}

func TestABackupUnderLoadHoldsEverythingThatWasAcknowledgedBeforeItBegan(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	n.importFolder("../examples/reference")
	l := newLoad(t, "backup", 4, 1)
	l.begin(func() caller { return n.caller })
	l.more(300)
	l.end()
	before := map[string]int{}
	for _, w := range l.writers {
		for _, o := range w.offers {
			before[o.id] = len(o.acked)
		}
	}
	l.begin(func() caller { return n.caller })
	file := n.backup()
	l.more(100)
	l.end()
	l.check(n.caller)

	o, r := mustRestore(t, file)
	t.Logf("%d rows, %d envelopes, %d blobs", r.Rows, r.Envelopes, r.Blobs)
	again := start(t, o)
	again.settled()
	for _, w := range l.writers {
		for _, of := range w.offers {
			if before[of.id] == 0 {
				continue
			}
			if got := again.offer(of.id, before[of.id]); got.Revision < before[of.id] || got.Revision > len(of.acked)+len(of.maybe) {
				t.Errorf("offer %s is restored at revision %d: %d were acknowledged before, %d by the end", of.id, got.Revision, before[of.id], len(of.acked))
			}
		}
	}
	events := again.events()
	l.checkEvents(events)
	// What happened before is word for word what it was.
	for i, e := range n.events() {
		if i == len(events) || e.Data.After.Revision > before[e.Data.After.Offer] {
			break
		}
		if diff := cmp.Diff(e.Data.After, events[i].Data.After); diff != "" && e.ID == events[i].ID {
			t.Errorf("event %d is another one:\n%s", i, diff)
		}
	}
	if got, want := again.do("GET", "/v1/reference", nil, nil), n.do("GET", "/v1/reference", nil, nil); !bytes.Equal(generationOf(got.body), generationOf(want.body)) {
		t.Errorf("the reference is %s, it was %s", got, want)
	}
	old := again.caller
	old.token = n.token
	if a := old.do("GET", "/v1/ingest", nil, nil); a.status != 401 {
		t.Errorf("the token of before opens the restored server: %s", a)
	}
	more := newLoad(t, "after", 2, 2)
	more.begin(func() caller { return again.caller })
	more.more(50)
	more.end()
	more.checkOffers(again.caller)
}

func generationOf(body []byte) []byte {
	_, rest, _ := bytes.Cut(body, []byte(`"generation":"`))
	hash, _, _ := bytes.Cut(rest, []byte(`"`))
	return hash
}

// Where nobody works, everything that was acknowledged is in the log alone.
func TestABackupHoldsWhatWasNotCommittedYet(t *testing.T) {
	t.Parallel()
	database, nats := pgtest.Start(t), streamtest.Server(t).URL
	door := start(t, app.ServerOptions{Role: app.RoleAPI, Database: database, NATS: nats})
	door.importFolder("../examples/reference")
	worker := start(t, app.ServerOptions{Role: app.RoleWorker, Database: database, NATS: nats})
	door.send(bag("1", 1), bag("2", 1), bag("3", 1))
	door.settled()
	if err := worker.stop(); err != nil {
		t.Fatal(err)
	}
	door.send(bag("1", 2), bag("2", 2), bag("2", 3), bag("4", 1))
	o, r := mustRestore(t, door.backup())
	if r.Envelopes == 0 || r.Partitions != sqldb.DefaultPartitions {
		t.Errorf("restored: %+v", r)
	}
	again := start(t, o) // from PostgreSQL and NATS into SQLite and the embedded log
	again.settled()
	got := map[string]int{}
	want := map[string]int{"1": 2, "2": 3, "3": 1, "4": 1}
	for id, revision := range want {
		got[id] = again.offer(id, revision).Revision
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("revisions by offer:\n%s", diff)
	}
	finding := map[string]assay.Finding{}
	for _, f := range door.findings("") {
		finding[f.Offer] = f
	}
	for _, f := range again.findings("") {
		if old, ok := finding[f.Offer]; ok && (old.ID != f.ID || !old.FoundAt.Equal(f.FoundAt)) {
			t.Errorf("the finding %+v was %+v", f, old)
		}
	}
	again.send(bag("1", 3))
	again.settled()
	if o := again.offer("1", 3); o.Revision != 3 {
		t.Errorf("the next revision is %d", o.Revision)
	}
}

func TestADamagedBackupIsRefused(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{Partitions: 1})
	n.importFolder("../examples/reference")
	n.send(strings.TrimSuffix(bag("1", 1), "}") + `,"images":[{"data":"AAAA"}]}`)
	n.settled()
	good, err := os.ReadFile(n.backup())
	if err != nil {
		t.Fatal(err)
	}
	type entry struct {
		header *tar.Header
		data   []byte
		at     int
	}
	var entries []entry
	in := bytes.NewReader(good)
	for r := tar.NewReader(in); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		at := len(good) - in.Len()
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, entry{h, data, at})
	}
	pack := func(list []entry) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, e := range list {
			if err := w.WriteHeader(e.header); err != nil {
				t.Fatal(err)
			}
			w.Write(e.data)
		}
		w.Close()
		return b.Bytes()
	}
	without := func(i int) []entry { return slices.Delete(slices.Clone(entries), i, i+1) }
	bad := map[string][]byte{
		"nothing":              {},
		"no archive":           []byte(strings.Repeat("this is no archive\n", 100)),
		"another archive":      pack([]entry{{&tar.Header{Name: "readme", Size: 2}, []byte("hi"), 0}}),
		"an entry more":        pack(append([]entry{entries[0], {&tar.Header{Name: "extra", Size: 2}, []byte("hi"), 0}}, entries[1:]...)),
		"the end at the front": pack(append([]entry{entries[len(entries)-1]}, entries[:len(entries)-1]...)),
		"the last two in another order": func() []byte {
			list := slices.Clone(entries)
			n := len(list)
			list[n-2], list[n-3] = list[n-3], list[n-2]
			return pack(list)
		}(),
	}
	random := rand.New(rand.NewPCG(1, 1))
	for i, e := range entries {
		bad[fmt.Sprintf("without %s", e.header.Name)] = pack(without(i))
		bad[fmt.Sprintf("cut in %s", e.header.Name)] = good[:e.at+len(e.data)/2]
		bad[fmt.Sprintf("cut before %s", e.header.Name)] = good[:e.at-512]
		for range 3 {
			b := bytes.Clone(good)
			b[e.at+random.IntN(len(e.data))] ^= 1 << random.IntN(8)
			bad[fmt.Sprintf("a bit of %s, %d", e.header.Name, random.Uint32())] = b
		}
	}
	dir := t.TempDir()
	for i, name := range slices.Sorted(maps.Keys(bad)) {
		file := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(file, bad[name], 0o600); err != nil {
			t.Fatal(err)
		}
		checked := app.CheckBackup(file)
		_, restored := restore(t, app.ServerOptions{Data: filepath.Join(dir, fmt.Sprint(i, "data"))}, bad[name])
		for what, err := range map[string]error{"checking": checked, "restoring": restored} {
			if assay.CodeOf(err) != assay.Invalid || !strings.Contains(err.Error(), "backup") {
				t.Errorf("%s: %s says %v (%s)", name, what, err, assay.CodeOf(err))
			}
		}
	}
	if _, err := restore(t, app.ServerOptions{Data: n.data}, good); assay.CodeOf(err) != assay.Conflict {
		t.Errorf("restoring over a server's data: %v", err)
	}
}

func TestABackupOfAServerAtRestIsRestored(t *testing.T) {
	t.Parallel()
	n := start(t, app.ServerOptions{})
	empty, _ := mustRestore(t, n.backup())
	start(t, empty)
	n.importFolder("../examples/reference")
	n.send(bag("1", 1), bag("1", 2))
	n.settled()
	o, _ := mustRestore(t, n.backup()) // no envelope waits, and there are no blobs
	again := start(t, o)
	if diff := cmp.Diff(n.offer("1", 2), again.offer("1", 2)); diff != "" {
		t.Errorf("the offer is another one:\n%s", diff)
	}
	if diff := cmp.Diff(n.events(), again.events()); diff != "" {
		t.Errorf("the events are others:\n%s", diff)
	}
	before, _ := n.partitions()
	after, _ := again.partitions()
	for i := range before {
		if before[i].Committed != after[i].Committed || before[i].Revisions != after[i].Revisions {
			t.Errorf("partition %d was %+v and is %+v", i, before[i], after[i])
		}
	}
}
