// What a program says of its request's failure outlives the instrumentation, which says less when the response is closed.
import { expect, test } from "vitest";
import { backendTrees } from "../support/backend-tree.ts";
import { pipelineBench } from "../support/sdk.ts";

test("the status description of the first span is written as it was when the failure was told", () => {
  const bench = pipelineBench();
  const { span, head } = bench.arrives();
  span.setStatus({ code: 2, message: "no seats left" });
  expect(head(503)?.tree?.root.message).toBe("no seats left");
  // As instrumentation-http does.
  span.setAttribute("http.response.status_code", 503).setStatus({ code: 2 });
  expect(span.status.message).toBeUndefined();
  span.end();
  const [tree] = backendTrees(bench.sink.accepted.flatMap(({ spans }) => [...spans]));
  expect(tree?.root).toMatchObject({ code: "unavailable", message: "no seats left" });
});

test("a description that the span has at its end is the newer one", () => {
  const bench = pipelineBench();
  const { span, head } = bench.arrives();
  span.setStatus({ code: 2, message: "first" });
  head(503);
  span.setStatus({ code: 2, message: "second" }).end();
  const [fragment] = bench.sink.accepted;
  expect(fragment?.spans[0]?.status).toEqual({ code: 2, message: "second" });
});
