package app_test

import (
	"testing"

	"assay/app"
	"assay/sqldb/pgtest"
	"assay/stream/streamtest"
)

func TestWhatWasAcknowledgedIsThereOnceAndInOrder(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"database", "log"} {
		t.Run("after the "+part+" was restarted under load", func(t *testing.T) {
			t.Parallel()
			pg, nats := pgtest.StartServer(t), streamtest.Server(t)
			database := pg.Database(t)
			stop, again := func() { pg.Stop(t) }, func() { pg.Start(t) }
			if part == "log" {
				stop, again = nats.Stop, nats.Start
			}
			n := start(t, app.ServerOptions{Database: database, NATS: nats.URL})
			n.importFolder("../examples/reference")
			l := newLoad(t, part, 4, 1)
			for range 3 {
				l.begin(func() caller { return n.caller })
				l.more(100)
				stop()
				until(t, "the server says that it is not ready", func() bool {
					status, r := n.readyz()
					return status == 503 && r.failing() == part
				})
				again()
				l.more(50)
				n.ready()
				l.end()
				l.check(n.caller)
			}
			t.Log(l.summary())
			if err := n.stop(); err != nil {
				t.Error(err)
			}
			l.checkStore(database)
		})
	}
}
