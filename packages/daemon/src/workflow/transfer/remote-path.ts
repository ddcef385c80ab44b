import { printable } from "@mtui/core/domain";
import { MtuiError } from "@mtui/core/protocol";

const MAX_BYTES = 1024;

export interface RemotePath {
  readonly text: string;
  readonly directory: string;
  readonly name: string;
}

/**
 * A file's path on a host (docs/formats/host-transfers.md, "Paths"): absolute, and exactly what it says.
 * @throws MtuiError params.invalid
 */
export function remotePath(text: string): RemotePath {
  const [root, ...names] = text.split("/");
  const plain = names.every((name) => name !== "" && name !== "." && name !== ".." && name.length <= 255);
  // oxlint-disable-next-line no-control-regex -- these are what is refused
  const controls = /[\u0000-\u001f\u007f]/.test(text);
  if (root !== "" || names.length === 0 || !plain || controls || Buffer.byteLength(text) > MAX_BYTES) {
    throw new MtuiError(
      "params.invalid",
      `"${printable(text)}" is no path of a file on a host; nothing was done.`,
      {
        hint: `An absolute path without "." and "..", at most ${MAX_BYTES} bytes, for example /etc/zypp/zypp.conf.`,
      },
    );
  }
  const name = names.at(-1) ?? "";
  const directory = `/${names.slice(0, -1).join("/")}`;
  return { text, directory, name };
}
