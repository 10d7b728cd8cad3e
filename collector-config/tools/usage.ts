// The help of `npm run tools`.

/** How the program is used. */
export const USAGE = `Usage: npm run tools -- [options]

Brings the real programs of the pipelines in collector-config/ into .tools/: the OpenTelemetry Collector, Jaeger and
FerretDB, which speaks the protocol of MongoDB, built from Go modules (Go 1.25 or newer), a Kafka broker and ElasticMQ, which speaks SQS, from Maven Central (Java 17 or
newer, Maven), Prometheus (from the path, or from Debian). A second run does nothing. Some 10 to 20 minutes on two idle cores; 5 GB, most of it Go's caches.

  --only NAMES  only these, separated by commas: collector, elasticmq, ferretdb, jaeger, kafka, prometheus
  --check       validate all configurations with the programs, those of --only; all that is missing is an error
  --help        print this
`;
