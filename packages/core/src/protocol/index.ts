export {
  ERROR_KINDS,
  type ErrorKind,
  type ErrorReport,
  fromReport,
  isErrorKind,
  MtuiError,
  type MtuiErrorOptions,
  toMtuiError,
} from "./errors.ts";
