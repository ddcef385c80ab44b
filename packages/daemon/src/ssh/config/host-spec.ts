import { isIPv6 } from "node:net";
import { MtuiError } from "@mtui/core/protocol";

export interface HostSpec {
  readonly name: string;
  /** Null where the name does not say. */
  readonly port: number | null;
  readonly user: string | null;
}

/** A host name or address. It never begins with `-`: it becomes an argument of `ssh`. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,63}$/;

/**
 * `name`, `name:port`, `[v6]:port`, a bare IPv6 address; with `user@` where ProxyJump allows it.
 * @throws MtuiError host.unknown
 */
export function parseHostSpec(text: string, options: { allowUser?: boolean } = {}): HostSpec {
  let rest = text;
  let user: string | null = null;
  const at = text.lastIndexOf("@");
  if (options.allowUser === true && at > 0) {
    user = text.slice(0, at);
    rest = text.slice(at + 1);
    if (!USER.test(user)) throw bad(text);
  }
  if (isIPv6(rest)) return { name: rest, port: null, user };
  const parts = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([0-9]{1,5}))?$/.exec(rest);
  if (parts === null) throw bad(text);
  const [, bracketed, plain, portText] = parts;
  const name = bracketed ?? plain ?? "";
  if (bracketed === undefined ? !NAME.test(name) : !isIPv6(name) && !NAME.test(name)) throw bad(text);
  const port = portText === undefined ? null : Number(portText);
  if (port !== null && (port < 1 || port > 65535)) throw bad(text);
  return { name, port, user };
}

function bad(text: string): MtuiError {
  return new MtuiError("host.unknown", `"${text.slice(0, 80)}" is not a host name.`, {
    hint: "Write a host as NAME or NAME:PORT.",
  });
}
