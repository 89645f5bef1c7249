// Starts `xm lsp` and speaks to it: all that is known of the language is known there.
'use strict';

const vscode = require('vscode');
const { LanguageClient } = require('vscode-languageclient/node');

const LANGUAGES = ['xm', 'xl-cfg'];

/** @type {import('vscode-languageclient/node').LanguageClient | undefined} */
let client;

/** @returns {Promise<void>} */
async function start() {
  const command = vscode.workspace.getConfiguration('xenolith').get('path', 'xm');
  client = new LanguageClient(
    'xenolith',
    'Xenolith',
    { command, args: ['lsp'] },
    { documentSelector: LANGUAGES.map((language) => ({ language })) },
  );
  try {
    await client.start();
  } catch (error) {
    const choice = await vscode.window.showErrorMessage(`'${command} lsp' could not be started: ${error}`, 'Settings');
    if (choice) await vscode.commands.executeCommand('workbench.action.openSettings', 'xenolith.path');
  }
}

/** @returns {Promise<void>} */
async function stop() {
  const running = client;
  client = undefined;
  // One that never started has nothing to stop.
  await running?.dispose().catch(() => undefined);
}

/**
 * @param {import('vscode').ExtensionContext} context
 * @returns {Promise<void>}
 */
async function activate(context) {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('xenolith.path')) void stop().then(start);
    }),
  );
  await start();
}

module.exports = { activate, deactivate: stop };
