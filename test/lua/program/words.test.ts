import { expect, test } from 'vitest';
import { readWords } from '../../../src/lua/program/words.ts';

test('readWords() finds what is required by name, with its place, and nothing in comments or strings', () => {
  const { requires, names } = readWords(`-- require("a")
local b = require("b")
local text = 'require("c")' local d <const> = require 'd.e'
--[[ require("f") ]] local g = x.require("g") local h = x:require("h")
function require_me() end
return require(name), require("i" .. "j"), require("k")
`);
  expect(requires).toEqual([
    { name: 'b', line: 2, column: 11 },
    { name: 'd.e', line: 3, column: 47 },
    { name: 'k', line: 6, column: 44 },
  ]);
  expect([names.has('require_me'), names.has('f')]).toEqual([true, false]);
});

test('readWords() leaves out what a pcall may see fail', () => {
  const source =
    'local ok = pcall(require, "a") pcall(function() return require("b") end) return require("c")';
  expect(readWords(source).requires.map(({ name }) => name)).toEqual(['c']);
});

test('readWords() walks a source once, however much it requires', () => {
  const source = 'local a = require("a")\n'.repeat(50_000);
  const { requires } = readWords(source);
  expect(requires.at(-1)).toEqual({ name: 'a', line: 50_000, column: 11 });
});

test('readWords() takes any text', () => {
  for (const source of ['', '"', '[[', 'require', 'require(', 'pcall(', '))))', '\0', 'require "\\97"'])
    expect(readWords(source).requires).toEqual([]);
});
