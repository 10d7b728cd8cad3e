// Targets of channels, and the hosts that they lead to.
import { expect, test } from "vitest";
import { hostsOf } from "../../../src/transports/grpc/target.ts";

test.each([
  ["dns:payment:50051", ["payment"]],
  ["dns:///payment:50051", ["payment"]],
  ["dns://8.8.8.8/payment.example.com:50051", ["payment.example.com"]],
  ["payment", ["payment"]],
  ["ipv4:10.0.0.1:50051,10.0.0.2:50051", ["10.0.0.1", "10.0.0.2"]],
  ["ipv6:[fd00::1]:50051", ["fd00::1"]],
  ["ipv6:fd00::1", ["fd00::1"]],
  ["unix:/tmp/payment.sock", []],
  ["unix:///tmp/payment.sock", []],
  ["unix-abstract:payment", []],
  ["xds:///payment:50051", ["payment"]],
  ["dns:user@payment:50051", undefined],
  ["dns:", ["dns"]],
  ["", undefined],
])("%s", (target, hosts) => {
  expect(hostsOf(target)).toEqual(hosts);
});
