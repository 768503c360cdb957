package app

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// register adds the server's metrics to its registry. docs/metrics.md lists them, and
// a test holds the two together. None has a label that names an organisation, an
// owner or a token.
func (s *Server) register() {
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &partitionMetrics{s: s})
	count := func(name, help string, value func() float64) {
		s.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, value))
	}
	gauge := func(name, help string, value func() float64) {
		s.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
	}
	sum := func(of func(i int) int64) func() float64 {
		return func() float64 {
			var n int64
			for i := range s.workers {
				n += of(i)
			}
			return float64(n)
		}
	}
	count("assay_intake_listings_total", "Listings made durable by this process.", func() float64 { return float64(s.intake.Accepted.Load()) })
	count("assay_work_listings_total", "Listings committed by this process, unchanged ones included.", sum(func(i int) int64 { return s.workers[i].Done.Listings.Load() }))
	count("assay_work_revisions_total", "New and changed listings committed by this process.", sum(func(i int) int64 { return s.workers[i].Done.Revisions.Load() }))
	count("assay_work_finding_changes_total", "New and changed findings committed by this process.", sum(func(i int) int64 { return s.workers[i].Done.Findings.Load() }))
	count("assay_work_poison_total", "Envelopes set aside by this process.", sum(func(i int) int64 { return s.workers[i].Done.Poisoned.Load() }))
	count("assay_work_retries_total", "Outcomes that had to be tried again.", sum(func(i int) int64 { return s.workers[i].Done.Retries.Load() }))
	gauge("assay_work_partitions_held", "Partitions that this process works.", sum(func(i int) int64 {
		if s.workers[i].Done.Held.Load() {
			return 1
		}
		return 0
	}))
	count("assay_gate_listings_total", "Listings screened for POST /v1/screen.", func() float64 { return float64(s.gate.Screened.Load()) })
	gauge("assay_seen_offers", "Offers remembered.", func() float64 { return float64(s.memory.Offers()) })
	gauge("assay_seen_bytes", "Memory that the remembered offers take.", func() float64 { return float64(s.memory.Bytes()) })
	gauge("assay_reference_version", "Version of the reference in force here.", func() float64 { return float64(s.keeper.Status().Version) })
	gauge("assay_reference_newest_version", "Newest version of the reference that is known here.", func() float64 { return float64(s.keeper.Status().Newest) })
	gauge("assay_reference_built_timestamp_seconds", "When the reference in force here was built.", func() float64 {
		if at := s.keeper.Status().BuiltAt; !at.IsZero() {
			return float64(at.Unix())
		}
		return 0
	})
	if s.rescreener != nil {
		count("assay_rescreen_changes_total", "Findings changed by re-screening in this process.", func() float64 { return float64(s.rescreener.Changed.Load()) })
	}
	count("assay_webhook_deliveries_total", "Events delivered to webhooks by this process.", func() float64 { return float64(s.dispatcher.Stats().Delivered) })
	count("assay_webhook_retries_total", "Deliveries that will be tried again.", func() float64 { return float64(s.dispatcher.Stats().Retried) })
	count("assay_webhook_failures_total", "Deliveries given up.", func() float64 { return float64(s.dispatcher.Stats().Failed) })
	gauge("assay_webhook_queued", "Deliveries that wait in this process.", func() float64 { return float64(s.dispatcher.Stats().Queued) })
}

// partitionMetrics asks the store and the log how far each partition is.
type partitionMetrics struct{ s *Server }

const metricsLimit = 2 * time.Second

var (
	committedDesc = prometheus.NewDesc("assay_partition_committed", "Sequence of the last envelope that is committed.", []string{"partition"}, nil)
	lastDesc      = prometheus.NewDesc("assay_partition_last", "Sequence of the last envelope that is stored.", []string{"partition"}, nil)
	backlogDesc   = prometheus.NewDesc("assay_partition_backlog", "Envelopes stored but not committed.", []string{"partition"}, nil)
	bytesDesc     = prometheus.NewDesc("assay_partition_bytes", "Bytes of the partition's log.", []string{"partition"}, nil)
	listingsDesc  = prometheus.NewDesc("assay_partition_listings_total", "Listings committed since the beginning, by all processes.", []string{"partition"}, nil)
	revisionsDesc = prometheus.NewDesc("assay_partition_revisions_total", "New and changed listings committed since the beginning, by all processes.", []string{"partition"}, nil)
)

func (m *partitionMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{committedDesc, lastDesc, backlogDesc, bytesDesc, listingsDesc, revisionsDesc} {
		to <- d
	}
}

// Collect leaves out what does not answer: the other metrics must not wait for it.
func (m *partitionMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsLimit)
	defer cancel()
	parts, err := ingestDoor{m.s}.Partitions(ctx, m.s.scope)
	if err != nil {
		return
	}
	for _, p := range parts {
		label := strconv.Itoa(p.ID)
		for _, v := range []struct {
			desc  *prometheus.Desc
			kind  prometheus.ValueType
			value float64
		}{
			{committedDesc, prometheus.GaugeValue, float64(p.Committed)},
			{lastDesc, prometheus.GaugeValue, float64(p.Last)},
			{backlogDesc, prometheus.GaugeValue, float64(p.Backlog)},
			{bytesDesc, prometheus.GaugeValue, float64(p.Bytes)},
			{listingsDesc, prometheus.CounterValue, float64(p.Listings)},
			{revisionsDesc, prometheus.CounterValue, float64(p.Revisions)},
		} {
			to <- prometheus.MustNewConstMetric(v.desc, v.kind, v.value, label)
		}
	}
}
