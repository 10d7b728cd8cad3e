// Reads the name of a service from its resource, without the SDK's complaint that some attributes are not known yet.

/** What is read of a resource of the SDK. */
interface NamedResource {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly asyncAttributesPending?: boolean | undefined;
  getRawAttributes?(): readonly (readonly [string, unknown])[];
}

/**
 * The name as it is known now; `undefined` if there is none, or nothing in it. While detectors are still running, reading `attributes` is an error in
 * the log of the SDK, but the name is there: the first value counts that is no promise.
 */
export function serviceNameOf(resource: NamedResource): string | undefined {
  const name =
    resource.asyncAttributesPending === true && typeof resource.getRawAttributes === "function"
      ? resource
          .getRawAttributes()
          .find(([key, value]) => key === "service.name" && typeof value === "string")?.[1]
      : resource.attributes["service.name"];
  return typeof name === "string" && name.trim() !== "" ? name : undefined;
}
