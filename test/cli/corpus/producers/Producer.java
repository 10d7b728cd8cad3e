// Writes one failing trace by OpenTelemetry's SDK of Java, as OTLP in protobuf and JSON, and one by Brave, as Zipkin's JSON.
//
// With io.opentelemetry:opentelemetry-sdk, opentelemetry-exporter-otlp, opentelemetry-exporter-logging-otlp, opentelemetry-exporter-logging,
// io.zipkin.brave:brave, io.zipkin.reporter2:zipkin-reporter-brave and io.zipkin.zipkin2:zipkin on the class path: java Producer.java FOLDER

import brave.Tracing;
import brave.propagation.TraceContext;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.logging.LoggingSpanExporter;
import io.opentelemetry.exporter.logging.otlp.OtlpJsonLoggingSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import zipkin2.codec.SpanBytesEncoder;
import zipkin2.reporter.brave.ZipkinSpanHandler;

public class Producer {
  static final List<SdkTracerProvider> providers = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    var collector = com.sun.net.httpserver.HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    collector.createContext("/", exchange -> {
      synchronized (sent) {
        exchange.getRequestBody().transferTo(sent);
      }
      exchange.sendResponseHeaders(200, -1);
      exchange.close();
    });
    collector.start();
    String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
    List<SpanExporter> exporters =
        List.of(
            OtlpHttpSpanExporter.builder().setEndpoint(url).build(),
            OtlpJsonLoggingSpanExporter.create(),
            LoggingSpanExporter.create());
    StringBuilder json = keepLog(OtlpJsonLoggingSpanExporter.class);
    StringBuilder text = keepLog(LoggingSpanExporter.class);

    Tracer shop = service("shop", exporters);
    Tracer payment = service("payment", exporters);
    Span request = shop.spanBuilder("GET /orders/{id}").setSpanKind(SpanKind.SERVER).startSpan();
    Context inRequest = Context.root().with(request);
    Span call = shop.spanBuilder("POST").setSpanKind(SpanKind.CLIENT).setParent(inRequest).startSpan();
    Span charge =
        payment.spanBuilder("POST /charge").setSpanKind(SpanKind.SERVER).setParent(inRequest.with(call)).startSpan();
    try {
      charge();
    } catch (Exception error) {
      charge.recordException(error);
      charge.setStatus(StatusCode.ERROR);
    }
    charge.setAttribute("http.response.status_code", 500L);
    charge.end();
    call.setAttribute("http.response.status_code", 500L);
    call.setStatus(StatusCode.ERROR);
    call.end();
    request.setAttribute("http.response.status_code", 502L);
    request.setStatus(StatusCode.ERROR);
    request.end();
    for (var provider : providers) provider.forceFlush().join(5, java.util.concurrent.TimeUnit.SECONDS);
    collector.stop(0);
    Files.write(folder.resolve("otlp-java.pb"), sent.toByteArray());
    Files.writeString(folder.resolve("otlp-java-logged.txt"), json);
    Files.writeString(folder.resolve("refused-logging-java.txt"), text);
    Files.writeString(folder.resolve("zipkin-brave.json"), brave());
    System.exit(0);
  }

  static Tracer service(String name, List<SpanExporter> exporters) {
    var resource = Resource.create(Attributes.builder().put("service.name", name).build());
    var builder = SdkTracerProvider.builder().setResource(resource);
    for (SpanExporter exporter : exporters) builder.addSpanProcessor(BatchSpanProcessor.builder(exporter).build());
    var provider = builder.build();
    providers.add(provider);
    return provider.get("producer");
  }

  static StringBuilder keepLog(Class<?> exporter) {
    StringBuilder kept = new StringBuilder();
    Logger logger = Logger.getLogger(exporter.getName());
    logger.setUseParentHandlers(false);
    SimpleFormatter formatter = new SimpleFormatter();
    logger.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            kept.append(formatter.format(record));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
    return kept;
  }

  static void charge() {
    try {
      connect();
    } catch (IOException error) {
      throw new IllegalStateException("the order cannot be charged", error);
    }
  }

  static void connect() throws IOException {
    throw new ConnectException("Connection refused");
  }

  /** Brave lets client and server share the id of one span. */
  static String brave() {
    List<String> spans = new ArrayList<>();
    Tracing shop = tracing("shop", spans);
    Tracing payment = tracing("payment", spans);
    var request = shop.tracer().newTrace().kind(brave.Span.Kind.SERVER).name("get /orders").start();
    var call = shop.tracer().newChild(request.context()).kind(brave.Span.Kind.CLIENT).name("post").start();
    TraceContext joined = call.context();
    var charge = payment.tracer().joinSpan(joined).kind(brave.Span.Kind.SERVER).name("post /charge").start();
    String missing = null;
    try {
      missing.length();
    } catch (NullPointerException error) {
      charge.error(error);
    }
    charge.finish();
    call.error(new IOException("500 from payment"));
    call.remoteServiceName("payment");
    call.finish();
    request.tag("http.status_code", "500").tag("error", "500");
    request.finish();
    shop.close();
    payment.close();
    return "[" + String.join(",\n", spans) + "]\n";
  }

  static Tracing tracing(String service, List<String> spans) {
    return Tracing.newBuilder()
        .localServiceName(service)
        .addSpanHandler(ZipkinSpanHandler.create(span -> spans.add(new String(SpanBytesEncoder.JSON_V2.encode(span)))))
        .build();
  }
}
