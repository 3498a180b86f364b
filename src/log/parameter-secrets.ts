import { redacted } from './url-secrets.ts';

/** Names in URLs that end like this have secret values. Compared in lower case and without `_`, `.` and `-`. */
const secretInUrl =
  /(token|secret|passw(or)?d|passphrase|pwd|key|code|signature|auth|authorization|credentials?|jwt|streamid|session|sessionid)$|^(sig|pass|pin|otp)$|^xamz/;
/** The same anywhere else in a text. */
const secretAnywhere = /(token|secret|passw(or)?d|passphrase|apikey|streamkey|jwt)$/;

/** `name=value`. Names hold nothing that may be in front of one, so none is looked at twice. */
const assignment = /(^|[?&#;\s"'(])([^\s=?&#;"'<>()]+)=/g;
const value = /"[^"]*"?|'[^']*'?|[^&\s"'<>#]+/y;

/** The text with the values of parameters redacted whose names say that they are secret. The time is linear in the length. */
export function redactParameters(text: string): string {
  let result = '';
  let done = 0;
  assignment.lastIndex = 0;
  for (let found = assignment.exec(text); found; found = assignment.exec(text)) {
    const [, before = '', name = ''] = found;
    const names = /[?&#;]/.test(before) ? secretInUrl : secretAnywhere;
    if (!names.test(name.slice(-maxName).toLowerCase().replace(/[_.-]/g, ''))) continue;
    value.lastIndex = assignment.lastIndex;
    if (!value.test(text)) continue;
    result += text.slice(done, assignment.lastIndex) + redacted;
    done = value.lastIndex;
    assignment.lastIndex = done;
  }
  return result + text.slice(done);
}

/** Characters of a name that are looked at. */
const maxName = 64;
