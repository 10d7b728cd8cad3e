// Networks in CIDR notation against a reckoning of their bits, in both families and both spellings.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AddressSet, isNetwork } from "../../src/trust/addresses.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** Both share the first `length` bits. */
function share(one: Uint8Array, other: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const bit = 0x80 >> (i % 8);
    if (((one[i >> 3] as number) ^ (other[i >> 3] as number)) & bit) return false;
  }
  return true;
}

/** An address that shares more bits with the network than chance would have it. */
function near(network: Uint8Array, address: Uint8Array, kept: number): Uint8Array {
  return address.map((byte, i) => (i * 8 < kept ? (network[i] as number) : byte));
}

function ipv6(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => {
    const group = ((address[2 * i] as number) << 8) | (address[2 * i + 1] as number);
    return group.toString(16);
  });
  return groups.join(":");
}

test("an IPv4 address is in a network whose first bits it shares, however it is written", () => {
  fc.assert(
    fc.property(bytes(4), bytes(4), fc.nat(32), fc.nat(32), (network, other, length, kept) => {
      const set = new AddressSet([`${network.join(".")}/${length}`]);
      const address = near(network, other, kept);
      const is = share(network, address, length);
      expect(set.has(address.join("."))).toBe(is);
      expect(set.has(`::ffff:${address.join(".")}`)).toBe(is);
      expect(set.has(`::${address.join(".")}`)).toBe(false);
    }),
  );
});

test("an IPv6 address is in a network whose first bits it shares", () => {
  fc.assert(
    fc.property(bytes(16), bytes(16), fc.nat(128), fc.nat(128), (network, other, length, kept) => {
      const address = near(network, other, kept);
      const set = new AddressSet([`${ipv6(network)}/${length}`]);
      expect(set.has(ipv6(address))).toBe(share(network, address, length));
    }),
  );
});

test("an address without a length is that one alone", () => {
  const set = new AddressSet(["203.0.113.7", "2001:db8::7"]);
  expect(["203.0.113.7", "2001:db8::7", "2001:DB8:0::7"].map((one) => set.has(one))).toEqual([
    true,
    true,
    true,
  ]);
  expect(["203.0.113.6", "2001:db8::6"].map((one) => set.has(one))).toEqual([false, false]);
});

test("the interface of a link-local peer does not matter", () => {
  expect(new AddressSet(["fe80::/10"]).has("fe80::1%eth0")).toBe(true);
});

test("a network of IPv4 written as IPv6 is the one that it is", () => {
  const set = new AddressSet(["::ffff:10.0.0.0/104"]);
  expect(["10.9.9.9", "::ffff:10.9.9.9", "11.0.0.1"].map((one) => set.has(one))).toEqual([true, true, false]);
});

test("an IPv4 address is in no network of IPv6, and an IPv6 address in none of IPv4", () => {
  const ipv6 = new AddressSet(["::/0"]);
  expect(["127.0.0.1", "::ffff:127.0.0.1", "::1"].map((one) => ipv6.has(one))).toEqual([false, false, true]);
  const ipv4 = new AddressSet(["0.0.0.0/0"]);
  expect(["127.0.0.1", "::ffff:127.0.0.1", "::1"].map((one) => ipv4.has(one))).toEqual([true, true, false]);
});

test("nothing is in no network, and what is no address is in none", () => {
  expect(new AddressSet([]).has("127.0.0.1")).toBe(false);
  const all = new AddressSet(["0.0.0.0/0", "::/0"]);
  for (const text of ["", "localhost", "1.2.3", "1.2.3.4.5", "010.0.0.1", "0x7f.0.0.1", "::g", "1.2.3.4/8"]) {
    expect(all.has(text)).toBe(false);
  }
});

test("a decision is the same however often it is asked for, and beyond the addresses that are remembered", () => {
  const set = new AddressSet(["10.0.0.0/8"]);
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1500; i++) {
      expect(set.has(`10.0.${i >> 8}.${i & 255}`)).toBe(true);
      expect(set.has(`11.0.${i >> 8}.${i & 255}`)).toBe(false);
    }
  }
});

describe("a network", () => {
  test.each([
    "10.0.0.0/8",
    "10.1.2.3/8",
    "10.0.0.1",
    "0.0.0.0/0",
    "10.0.0.1/32",
    "fd00::/8",
    "::1",
    "::1/128",
  ])("can be %s", (text) => {
    expect(isNetwork(text)).toBe(true);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8.0",
    "10.0.0.0/ 8",
    "10.0.0.0/8/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0/8",
    "fd00::/129",
    "fe80::1%eth0",
    "localhost",
    " 10.0.0.1",
  ])("cannot be %j", (text) => {
    expect(isNetwork(text)).toBe(false);
    expect(() => new AddressSet([text])).toThrow(RangeError);
  });
});
