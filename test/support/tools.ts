/** Programs that tests use when the machine has them. Missing ones skip the test here and fail it in CI. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Path of a Debian Chromium, or `undefined` with a printed reason. Compulsory in CI. */
export function findChromium(): string | undefined {
  const path = [
    process.env.CHROMIUM_PATH,
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
  ].find((candidate) => candidate !== undefined && existsSync(candidate));
  if (path === undefined) missing('chromium', 'the browser test');
  return path;
}

/** Path of an nginx, or `undefined` with a printed reason. Compulsory in CI. */
export function findNginx(): string | undefined {
  const path = ['/usr/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'].find((each) => existsSync(each));
  if (path === undefined) missing('nginx', 'the test behind a real proxy');
  return path;
}

/** Whether the reference Lua is installed. Compulsory in CI. */
export function hasReferenceLua(): boolean {
  try {
    execFileSync('lua5.3', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    missing('lua5.3', 'the comparison with the reference Lua');
    return false;
  }
}

function missing(program: string, what: string): void {
  if (process.env.CI) throw new Error(`${program} is not installed, and ${what} is compulsory in CI`);
  process.stderr.write(`skipped ${what}: ${program} is not installed\n`);
}
