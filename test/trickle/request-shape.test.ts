// What two requests have in common when they begin: method and path without ids.
import { SpanKind } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LONGEST_SHAPE, shapeOf, withAnyEnd, withoutIds } from "../../src/trickle/request-shape.ts";

describe("a path without ids", () => {
  test.each([
    ["/orders", "/orders"],
    ["/orders/17", "/orders/*"],
    ["/orders/17/lines/3", "/orders/*/lines/*"],
    ["/orders/2026/items", "/orders/*/items"],
    ["/orders/b7ad6b71-6920-3331-9f1c-2f4b8c1d0e9a", "/orders/*"],
    ["/orders/V1StGXR8_Z5jdHi6B-myT/lines", "/orders/*/lines"],
    ["/orders/order-17", "/orders/order-0"],
    ["/files/a-name-that-is-longer-than-any-word-of-a-route", "/files/*"],
    ["/api/v1/orders", "/api/v1/orders"],
    ["/api/v2/orders", "/api/v2/orders"],
    ["/orders?page=3&q=/a/b", "/orders"],
    ["/orders#top", "/orders"],
    ["/", "/"],
    ["", ""],
    ["process orders 17", "process orders *"],
  ])("%s is %s", (path, shape) => {
    expect(withoutIds(path)).toBe(shape);
  });

  test("is bounded and the same when it is made again, whatever the text", () => {
    const texts = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: "binary", maxLength: 400 }));
    fc.assert(
      fc.property(texts, (text) => {
        const shape = withoutIds(text);
        expect(shape.length).toBeLessThanOrEqual(LONGEST_SHAPE);
        expect(withoutIds(shape)).toBe(shape);
      }),
    );
  });
});

describe("the shape of a request", () => {
  const shape = (name: string, attributes: Record<string, string>): string =>
    shapeOf(SpanKind.SERVER, name, attributes);

  test("has method and path, by either convention", () => {
    const now = shape("GET", { "http.request.method": "GET", "url.path": "/orders/17", "url.query": "a=1" });
    expect(now).toBe("1 GET /orders/*");
    expect(shape("GET", { "http.method": "GET", "http.target": "/orders/17?a=1" })).toBe(now);
  });

  test("is the name of the span for requests without a path", () => {
    expect(shape("shop.Cart/Get", {})).toBe("1 shop.Cart/Get");
    expect(shapeOf(SpanKind.CONSUMER, "process orders", {})).toBe("4 process orders");
  });
});

test("any end of a path is one shape, but not any path at all", () => {
  expect(withAnyEnd("1 GET /blog/how-to-cook")).toBe("1 GET /blog/*");
  expect(withAnyEnd("1 GET /how-to-cook")).toBeUndefined();
  expect(withAnyEnd("4 process orders")).toBeUndefined();
});
