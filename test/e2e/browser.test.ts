/** The guide demo as a person meets it: two browser windows, a conversation, and an edit of the hub while it runs. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHub, type Hub } from '../../src/index.ts';
import { findChromium } from '../support/tools.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const executablePath = findChromium();

describe.skipIf(executablePath === undefined)('the guide demo in a browser', () => {
  let folder: string;
  let hub: Hub;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonhub-guide-'));
    await cp(join(ROOT, 'registry/guide'), join(folder, 'registry/guide'), { recursive: true });
    await cp(join(ROOT, 'lua'), join(folder, 'lua'), { recursive: true });
    hub = await createHub({
      path: join(folder, 'registry/guide'),
      cwd: folder,
      watch: true,
      log: { level: 'silent' },
      environment: { PORT: '0' },
    });
    await hub.start();
    url = `http://127.0.0.1:${hub.listening()[0]!.port}/`;
    browser = await chromium.launch({
      executablePath: executablePath!,
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await hub?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('two pages chat, the hub is edited on disk, and both see the new hub after reconnecting', async () => {
    const ann = await openPage(browser, url, 'Ann');
    const ben = await openPage(browser, url, 'Ben');
    await ann.getByText('Ben', { exact: true }).first().waitFor();

    await say(ann, 'hello from Ann');
    await ben.getByText('hello from Ann').waitFor();
    await say(ben, '<b>hi</b> é한🌙');
    await ann.getByText('<b>hi</b> é한🌙').waitFor();
    expect(await ann.locator('#people li').count()).toBe(2);
    if (process.env.SCREENSHOT) await ann.screenshot({ path: process.env.SCREENSHOT });

    const program = join(folder, 'lua/ws_hub_process.lua');
    const text = await readFile(program, 'utf8');
    await writeFile(program, text.replace('Connected successfully', 'Connected to the edited hub'));

    for (const page of [ann, ben])
      await page
        .getByText(/Connected to the edited hub/)
        .first()
        .waitFor();
    await say(ann, 'still here');
    await ben.getByText('still here').waitFor();
  }, 60_000);
});

async function openPage(browser: Browser, url: string, nickname: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 640 } });
  await context.addInitScript(`sessionStorage.setItem('nickname', ${JSON.stringify(nickname)})`);
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('#state[data-state="open"]').waitFor();
  return page;
}

async function say(page: Page, words: string): Promise<void> {
  await page.locator('#text').fill(words);
  await page.locator('#send').click();
}
