import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What a command writes, once it has ended. @throws when it fails, with what it wrote and its code */
export const commandOutput = promisify(execFile);
