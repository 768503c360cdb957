package app

import (
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"assay"
)

// ServeProfiles answers the profiles of package net/http/pprof on an address of their
// own until the returned function is called.
func ServeProfiles(addr string) (end func(), err error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, assay.Errorf(assay.Unavailable, "listening on %s: %w", addr, err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	return func() { server.Close() }, nil
}
