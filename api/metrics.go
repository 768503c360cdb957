package api

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the door's figures. No label names an organisation, an owner or a
// token: figures are for everybody who runs the machine.
type metrics struct {
	requests  *prometheus.CounterVec   // route, method, code
	durations *prometheus.HistogramVec // route, method
	inFlight  prometheus.Gauge
	listings  *prometheus.CounterVec // result
	screened  prometheus.Counter
	problems  prometheus.Counter
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_http_requests_total", Help: "Requests answered, by route, method and status.",
		}, []string{"route", "method", "code"}),
		durations: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "assay_http_request_seconds", Help: "Time from a request's header to the end of its answer.",
			Buckets: []float64{.0005, .001, .002, .003, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "assay_http_requests_in_flight", Help: "Requests being answered.",
		}),
		listings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "assay_http_listings_total", Help: "Listings sent in, by what became of them: accepted (durable) or rejected.",
		}, []string{"result"}),
		screened: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "assay_http_screened_listings_total", Help: "Listings screened at the gate.",
		}),
		problems: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "assay_http_idempotency_failures_total", Help: "Answers that could not be kept under their key.",
		}),
	}
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.requests, m.durations, m.inFlight, m.listings, m.screened, m.problems} {
		if err := r.Register(c); err != nil {
			return nil, fmt.Errorf("registering the door's metrics: %w", err)
		}
	}
	return m, nil
}

// observe counts a request. The pattern is "METHOD /path" with the names of its
// wildcards, so that labels are as many as routes.
func (m *metrics) observe(pattern string, status int, took time.Duration) {
	method, route, ok := strings.Cut(pattern, " ")
	if !ok {
		method, route = "", pattern
	}
	m.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	m.durations.WithLabelValues(route, method).Observe(took.Seconds())
}
