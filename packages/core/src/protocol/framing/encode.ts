import { MtuiError } from "../errors.ts";

/**
 * One message as one line with its newline (JSON never contains a raw one).
 * @throws MtuiError `protocol.limit` when it is longer than `maxBytes`, `internal` when it is not JSON.
 */
export function encodeLine(message: object, maxBytes: number): Buffer {
  let text: string;
  try {
    text = JSON.stringify(message);
  } catch (thrown) {
    throw new MtuiError("internal", "A message could not be written as JSON.", { cause: thrown });
  }
  const line = Buffer.from(`${text}\n`);
  if (line.length - 1 > maxBytes) {
    throw new MtuiError(
      "protocol.limit",
      `A message of ${line.length - 1} bytes is over the limit of ${maxBytes}.`,
      {
        hint: "Ask for less at a time: fewer hosts, or one page of the output.",
        data: { bytes: line.length - 1, limit: maxBytes },
      },
    );
  }
  return line;
}
