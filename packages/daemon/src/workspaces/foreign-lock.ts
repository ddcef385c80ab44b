export { describeForeignLock } from "../hosts/describe-lock.ts";
