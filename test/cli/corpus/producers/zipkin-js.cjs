// Writes what zipkin-js sends: a client and a server that share the id of one span, an error told by the tag `error`.
// npm install zipkin; node zipkin-js.cjs FOLDER
const { writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { Tracer, ExplicitContext, BatchRecorder, jsonEncoder, Annotation, InetAddress } = require("zipkin");

const sent = [];
const logger = { logSpan: (span) => sent.push(JSON.parse(jsonEncoder.JSON_V2.encode(span))) };

function tracer(localServiceName) {
  const ctxImpl = new ExplicitContext();
  return new Tracer({ ctxImpl, recorder: new BatchRecorder({ logger, timeout: 60_000_000 }), localServiceName });
}

const [shop, payment] = [tracer("shop"), tracer("payment")];
shop.scoped(() => {
  const request = shop.createRootId();
  shop.setId(request);
  shop.recordServiceName("shop");
  shop.recordRpc("get /orders");
  shop.recordAnnotation(new Annotation.ServerRecv());
  const call = shop.createChildId();
  shop.letId(call, () => {
    shop.recordServiceName("shop");
    shop.recordRpc("post");
    shop.recordAnnotation(new Annotation.ClientSend());
    shop.recordAnnotation(
      new Annotation.ServerAddr({ serviceName: "payment", host: new InetAddress("10.0.0.7"), port: 8080 }),
    );
    payment.scoped(() => {
      payment.setId(payment.join(call));
      payment.recordServiceName("payment");
      payment.recordRpc("post /charge");
      payment.recordAnnotation(new Annotation.ServerRecv());
      payment.recordBinary("http.status_code", "500");
      payment.recordBinary("error", "no connection to the ledger");
      payment.recordAnnotation(new Annotation.ServerSend());
    });
    shop.recordBinary("http.status_code", "500");
    shop.recordBinary("error", "500");
    shop.recordAnnotation(new Annotation.ClientRecv());
  });
  shop.recordBinary("http.status_code", "502");
  shop.recordBinary("error", "the order cannot be paid");
  shop.recordAnnotation(new Annotation.ServerSend());
});
writeFileSync(join(process.argv[2], "zipkin-js.json"), JSON.stringify(sent, null, 1));
process.exit(0);
