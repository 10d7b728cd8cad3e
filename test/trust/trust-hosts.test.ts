// Which hosts are asked, as installed and as set.
import { describe, expect, test } from "vitest";
import { AskableHosts, isAskHost } from "../../src/trust/trust.ts";

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
    "172.16.0.1",
    "172.31.255.255",
    "100.64.0.1",
    "100.127.0.1",
    "::1",
    "[::1]",
    "fd00::1",
    "fc12:3456::1",
    "[fd12:3456::1]",
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
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "metadata",
    "metadata.google.internal",
    "100.100.100.200",
    "fd00:ec2::254",
    "fd00:ec2:0:0:0:0:0:254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "::ffff:100.100.100.200",
    "instance-data.ec2.internal",
    "[fd00:ec2::254]",
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
    "2a00",
    "fe80",
    "cafe",
    "db",
    "FEED",
    "0x",
    "localhost%eth0",
    "fe80::1%eth0",
    "2a00:1450::1",
    "::8.8.8.8",
    "64:ff9b::a00:1",
    "api\u3002example\u3002com",
    "api\uff0eexample.internal",
    "payment@api.example.com",
    "payment/x",
    "payment x",
    "api.example.com#.internal",
    "x".repeat(300),
  ])("%j is not asked", (host) => {
    expect(new AskableHosts().has(host)).toBe(false);
  });

  test("metadata services of clouds are asked where they are named", () => {
    const hosts = new AskableHosts(["100.100.100.200", "metadata", "169.254.170.0/24"]);
    const asked = ["100.100.100.200", "metadata", "169.254.170.2", "169.254.169.254"].map((h) =>
      hosts.has(h),
    );
    expect(asked).toEqual([true, true, true, false]);
  });

  test("an IPv4 address written as IPv6 is judged as the address that it is", () => {
    const hosts = new AskableHosts();
    expect(hosts.has("::ffff:127.0.0.1")).toBe(true);
    expect(hosts.has("::ffff:10.0.0.1")).toBe(true);
    expect(hosts.has("::ffff:8.8.8.8")).toBe(false);
  });

  describe("that are set", () => {
    const hosts = new AskableHosts([
      "Payment.example.com",
      ".shop.example",
      "198.51.100.0/24",
      "203.0.113.7",
      "2001:db8::/32",
    ]);

    test.each([
      "payment.example.com",
      "PAYMENT.EXAMPLE.COM.",
      "a.shop.example",
      "a.b.shop.example.",
      "198.51.100.255",
      "::ffff:198.51.100.1",
      "203.0.113.7",
      "2001:db8::7",
      "[2001:db8::7]",
      "payment",
      "127.0.0.1",
      "payment.internal",
    ])("%s is asked", (host) => {
      expect(hosts.has(host)).toBe(true);
    });

    test.each([
      "example.com",
      "a.payment.example.com",
      "payment.example.com.evil.example",
      "shop.example",
      "evilshop.example",
      "a.shop.example.com",
      "198.51.101.1",
      "203.0.113.70",
      "2001:db9::7",
      "198.51.100.0/24",
      "",
      ".",
      ".shop.example",
    ])("%j is not asked", (host) => {
      expect(hosts.has(host)).toBe(false);
    });

    test("are names, suffixes, addresses and networks, and nothing else", () => {
      for (const text of ["payment", "a_b-c.example.com.", ".example.com", "10.0.0.1", "::1", "fd00::/8"]) {
        expect([text, isAskHost(text)]).toEqual([text, true]);
      }
      const wrong = [
        "",
        ".",
        "*.example.com",
        "a..b",
        "http://payment",
        "payment:80",
        "10.0.0.0/33",
        "300.1.1.1",
      ];
      for (const text of [...wrong, "[::1]", "a b", "ü.example", "..example.com", "a.".repeat(130)]) {
        expect([text, isAskHost(text)]).toEqual([text, false]);
      }
    });
  });

  test.each([
    ["payment", true],
    ["payment:3000", true],
    ["payment:", true],
    ["[::1]:80", true],
    ["10.0.0.1:80", true],
    ["feed:80", false],
    ["api.example.com", false],
    ["::1", false],
    ["[fe80::1%25eth0]", false],
    ["payment@api.example.com", false],
    ["payment:80@api.example.com", false],
    ["payment, api.example.com", false],
    ["payment:80:80", false],
    ["payment:x", false],
    ["payment/", false],
    [" payment", false],
    ["", false],
    [`payment:${"0".repeat(300)}`, false],
  ])("the authority %j: %s", (authority, askable) => {
    const hosts = new AskableHosts();
    expect([hosts.hasAuthority(authority), hosts.hasAuthority(authority)]).toEqual([askable, askable]);
  });

  test("a connection may lead to addresses that are asked themselves, from a name that is set anywhere", () => {
    const hosts = new AskableHosts(["payment.example.com", ".shop.example", "198.51.100.0/24"]);
    const may = (host: string, address: string | undefined): boolean => hosts.mayLeadTo(host, address);
    for (const address of ["127.0.0.1", "::1", "10.1.1.1", "::ffff:10.1.1.1", "198.51.100.7", undefined]) {
      expect([address, may("payment", address)]).toEqual([address, true]);
    }
    for (const address of ["8.8.8.8", "::ffff:8.8.8.8", "2a00:1450::1", "169.254.169.254", "fe80::1%eth0"]) {
      for (const host of ["payment", "10.0.0.1", "payment.internal", "198.51.100.7"]) {
        expect([host, address, may(host, address)]).toEqual([host, address, false]);
      }
      for (const host of ["payment.example.com", "a.shop.example"]) expect(may(host, address)).toBe(true);
    }
    expect(hosts.authorityMayLeadTo("payment.example.com:80", "8.8.8.8")).toBe(true);
    expect(hosts.authorityMayLeadTo("payment:80", "8.8.8.8")).toBe(false);
  });

  test("where asking has stopped it has for this port, however many others are asked or stopped", () => {
    const hosts = new AskableHosts();
    hosts.stop("wiki:80");
    for (let i = 0; i < 1500; i++) expect(hosts.hasAuthority(`host-${i}`)).toBe(true);
    for (let i = 0; i < 900; i++) hosts.stop(`other-${i}`);
    expect(["wiki:80", "wiki:81", "other-0"].map((host) => hosts.hasAuthority(host))).toEqual([
      false,
      true,
      false,
    ]);
    // Bounded: the oldest are forgotten.
    for (let i = 0; i < 1500; i++) hosts.stop(`another-${i}`);
    for (let i = 0; i < 1500; i++) hosts.hasAuthority(`host-${i}`);
    expect(hosts.hasAuthority("wiki:80")).toBe(true);
    expect(hosts.hasAuthority("another-1499")).toBe(false);
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
