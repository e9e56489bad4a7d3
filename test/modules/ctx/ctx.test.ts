import { testLuaFolder } from '../../support/lua-scripts.ts';

testLuaFolder(import.meta.dirname);
