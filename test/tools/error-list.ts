/** `npm run errors`: writes the list of error codes into src/base/README.md. The tidy test fails when it is old. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { withErrorList } from './error-table.ts';

const path = join(resolve(import.meta.dirname, '../..'), 'src/base/README.md');
writeFileSync(path, withErrorList(readFileSync(path, 'utf8')));
