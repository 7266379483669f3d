// Go's crypto/x509 for the tests of other verifiers: x509_verify ROOT CHAIN CERT server|client ASKED; exit 0 if it accepts. ASKED
// is host:, ip:, uri: or email: and a value, or none:. Built by the tests with GO111MODULE=off.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strings"
)

func load(path string) (out []*x509.Certificate) {
	data, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			panic(err)
		}
		out = append(out, c)
	}
	return out
}

func has(leaf *x509.Certificate, kind, value string) bool {
	names := map[string][]string{"email": leaf.EmailAddresses}
	for _, u := range leaf.URIs {
		names["uri"] = append(names["uri"], u.String())
	}
	for _, name := range names[kind] {
		if name == value {
			return true
		}
	}
	return kind != "uri" && kind != "email"
}

func main() {
	options := x509.VerifyOptions{Roots: x509.NewCertPool(), Intermediates: x509.NewCertPool()}
	options.Roots.AddCert(load(os.Args[1])[0])
	for _, c := range load(os.Args[2]) {
		options.Intermediates.AddCert(c)
	}
	options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if os.Args[4] == "client" {
		options.KeyUsages[0] = x509.ExtKeyUsageClientAuth
	}
	kind, value, _ := strings.Cut(os.Args[5], ":")
	if kind == "host" || kind == "ip" {
		options.DNSName = value
	}
	leaf := load(os.Args[3])[0]
	_, err := leaf.Verify(options)
	if err == nil && !has(leaf, kind, value) {
		err = fmt.Errorf("no such name: %s", value)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
