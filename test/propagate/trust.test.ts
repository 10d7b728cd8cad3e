// Whose asks count, why others do not, and which hosts are asked.
import { describe, expect, test } from "vitest";
import { AskableHosts, createTrust } from "../../src/propagate/trust.ts";

describe("where nothing is set", () => {
  test("nobody's ask counts, and the reason tells the remedy", () => {
    const trust = createTrust(undefined);
    for (const peer of ["127.0.0.1", "::1", "10.0.0.1", undefined]) {
      expect(trust.refusal(peer, {})).toMatch(/^nobody is trusted; .*trust: "loopback"/);
    }
  });
});

describe("loopback", () => {
  const trust = createTrust("loopback");

  test.each(["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"])("trusts the peer %s", (peer) => {
    expect(trust.refusal(peer, {})).toBeUndefined();
    expect(
      trust.refusal(peer, { host: "shop", "user-agent": "curl", traceparent: "00-a-b-00" }),
    ).toBeUndefined();
  });

  test.each([
    "10.0.0.1",
    "192.168.1.7",
    "128.0.0.1",
    "12.7.0.1",
    "::ffff:10.0.0.1",
    "::2",
    "fe80::1",
    "0.0.0.0",
    "",
    undefined,
  ])("refuses the peer %s, and says so", (peer) => {
    expect(trust.refusal(peer, {})).toBe(`the peer ${peer} is not on this host`);
  });

  test.each([
    "forwarded",
    "via",
    "x-real-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-forwarded-by-anything",
  ])("refuses a loopback peer whose request carries %s, and names the field", (name) => {
    expect(trust.refusal("127.0.0.1", { host: "shop", [name]: "" })).toBe(
      `the request came through a proxy (${name})`,
    );
  });

  test("fields that merely look alike are no proxy's", () => {
    const headers = { "x-forwarded": "1", "x-forward-for": "1", "forwarded-for": "1", "x-via": "1" };
    expect(trust.refusal("127.0.0.1", headers)).toBeUndefined();
  });
});

describe("hosts", () => {
  test.each([
    "localhost",
    "LOCALHOST",
    "service-b",
    "postgres",
    "app.localhost",
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "192.168.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "100.64.0.1",
    "100.127.0.1",
    "::1",
    "[::1]",
    "fd00::1",
    "fc12:3456::1",
    "[fd12:3456::1]",
    "fe80::1",
    "feb0::1",
    "payment.internal",
    "ip-10-0-0-1.ec2.internal",
    "printer.local",
    "payment.default.svc",
    "payment.default.svc.cluster.local",
    "payment.default.svc.cluster.local.",
    "Payment.Default.SVC",
  ])("%s is asked", (host) => {
    expect(new AskableHosts().has(host)).toBe(true);
  });

  test.each([
    "",
    "example.com",
    "api.example.com",
    "svc.example.com",
    "internal.example.com",
    "payment.internal.example.com",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "10.example.com",
    "10.0.0.1.nip.io",
    "8.8.8.8",
    "11.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.169.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "169.253.0.1",
    "2001:db8::1",
    "::2",
    "::ffff:8.8.8.8",
    "fec0::1",
    "[2001:db8::1]",
    "2130706433",
    "0x7f000001",
    "0x7F000001",
    "134744072",
    "1.1",
    "example.svc.com",
  ])("%j is not asked", (host) => {
    expect(new AskableHosts().has(host)).toBe(false);
  });

  test("an IPv4 address written as IPv6 is judged as the address that it is", () => {
    const hosts = new AskableHosts();
    expect(hosts.has("::ffff:127.0.0.1")).toBe(true);
    expect(hosts.has("::ffff:10.0.0.1")).toBe(true);
    expect(hosts.has("::ffff:8.8.8.8")).toBe(false);
  });

  test("a decision is the same however often it is asked for, and beyond the hosts that are remembered", () => {
    const hosts = new AskableHosts();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 1500; i++) {
        expect(hosts.has(`host-${i}`)).toBe(true);
        expect(hosts.has(`host-${i}.example.com`)).toBe(false);
      }
    }
  });
});
