// Which addresses and statuses a text names.
import { describe, expect, test } from "vitest";
import { wordsOf } from "../../../src/spans/saying.ts";
import { mentionsOf } from "../../../src/tree/cause/mentions.ts";

function addressesIn(text: string): string[] {
  return mentionsOf([wordsOf(text)]).addresses.map(
    ({ host, port, path }) =>
      `${host}${port === undefined ? "" : ` ${port}`}${path === undefined ? "" : ` ${path}`}`,
  );
}

function statusesIn(text: string): number[] {
  return [...mentionsOf([wordsOf(text)]).statuses];
}

describe("an address", () => {
  test.each([
    ["GET http://prices:80/price answered 503", ["prices 80 /price"]],
    ["https://API.Partner.example/v1/x?secret=1: 500", ["api.partner.example /v1/x"]],
    ["connect ECONNREFUSED 10.0.0.7:80", ["10.0.0.7 80"]],
    ["connect ECONNREFUSED ::1:3000", ["::1 3000"]],
    ["[2001:db8::1]:443 is down", ["2001:db8::1 443"]],
    ["getaddrinfo ENOTFOUND api.partner.example", ["api.partner.example"]],
    ["http://user:pass@db.internal/x", ["db.internal /x"]],
    ["the cache entry is stale", []],
    ["prices is down", []],
    ["at 12:30:45 it failed", []],
  ])("in %j", (text, addresses) => {
    expect(addressesIn(text)).toEqual(addresses);
  });
});

describe("a status", () => {
  test.each([
    ["Request failed with status code 404", [404]],
    ["Response code 503 (Service Unavailable)", [503]],
    ["GET http://prices:80/price answered 503", [503]],
    ["upstream returned status: 502", [502]],
    ["HTTP/1.1 500", [500]],
    ["503 Service Unavailable", [503]],
    ["404: Not Found", [404]],
    ["order 404 could not be placed", []],
    ["got 404,50 EUR", []],
    ["404 items were sold", []],
    ["sku 500 is gone", []],
    ["code 200", []],
  ])("in %j", (text, statuses) => {
    expect(statusesIn(text)).toEqual(statuses);
  });
});

test("a code in the words of grpc-js", () => {
  expect([...mentionsOf([wordsOf("14 UNAVAILABLE: no connection")]).codes]).toEqual(["unavailable"]);
  expect([...mentionsOf([wordsOf("3 apples")]).codes]).toEqual([]);
  expect([...mentionsOf([wordsOf("5 UNAVAILABLE: no")]).codes]).toEqual([]);
});

test("what frameworks say of every failure says nothing", () => {
  for (const text of [
    "Internal Server Error",
    "Error",
    "An error occurred",
    "Bad Gateway",
    "  ",
    "request failed",
  ]) {
    expect(wordsOf(text)).toBe("");
  }
  expect(wordsOf("  Card   processor offline. ")).toBe("card processor offline");
});
