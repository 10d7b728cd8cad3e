// Writes one failing trace by OpenTelemetry's SDK of Go: OTLP in protobuf as it is sent, and what the stdout exporter prints.
//
// go mod init producer && go mod tidy && go run . FOLDER
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func charge() (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("panic: %v", problem)
		}
	}()
	var totals map[string]int
	totals["sum"] = 5
	return nil
}

func main() {
	folder := os.Args[1]
	var sent []byte
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) {
		body, _ := io.ReadAll(request.Body)
		sent = append(sent, body...)
	}))
	defer collector.Close()
	printed, _ := os.Create(filepath.Join(folder, "refused-stdout-go.json"))
	ctx := context.Background()
	otlp, _ := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(collector.URL+"/v1/traces"))
	stdout, _ := stdouttrace.New(stdouttrace.WithWriter(printed))
	var providers []*sdk.TracerProvider
	service := func(name string) trace.Tracer {
		provider := sdk.NewTracerProvider(
			sdk.WithBatcher(otlp), sdk.WithBatcher(stdout),
			sdk.WithResource(resource.NewSchemaless(attribute.String("service.name", name))))
		providers = append(providers, provider)
		return provider.Tracer("producer")
	}
	shop, payment := service("shop"), service("payment")

	ctx, request := shop.Start(ctx, "GET /orders", trace.WithSpanKind(trace.SpanKindServer))
	inCall, call := shop.Start(ctx, "payment.Payment/Charge", trace.WithSpanKind(trace.SpanKindClient))
	inCharge, served := payment.Start(inCall, "payment.Payment/Charge", trace.WithSpanKind(trace.SpanKindServer))
	_, work := payment.Start(inCharge, "charge")
	err := charge()
	work.RecordError(err, trace.WithStackTrace(true))
	work.SetStatus(codes.Error, err.Error())
	work.End()
	served.SetAttributes(attribute.Int("rpc.grpc.status_code", 13))
	served.SetStatus(codes.Error, err.Error())
	served.End()
	err = errors.New("rpc error: code = Internal desc = " + err.Error())
	call.SetAttributes(attribute.Int("rpc.grpc.status_code", 13))
	call.RecordError(err)
	call.SetStatus(codes.Error, err.Error())
	call.End()
	request.SetAttributes(attribute.Int("http.response.status_code", 500))
	request.SetStatus(codes.Error, "")
	request.End()
	for _, provider := range providers {
		_ = provider.ForceFlush(ctx)
	}
	_ = os.WriteFile(filepath.Join(folder, "otlp-go.pb"), sent, 0o644)
}
