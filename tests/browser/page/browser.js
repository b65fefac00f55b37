// Drives a browser: reads what to do from standard input, a line of JSON each, and says what came of it.
//
// {"open": "alice"} opens a page, {"page": "alice", "verb": "dials", "with": ["2002"]} presses a button on it.
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const path = require('path');
const readline = require('readline');
const { chromium } = require('playwright-core');
const esbuild = require('esbuild');

const FLAGS = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
    // Addresses are told as they are: nobody answers multicast names here.
    '--disable-features=WebRtcHideLocalIpsWithMdns',
    '--allow-loopback-in-peer-connection',
];

// What the certificate of the server is known by.
function fingerprint(file) {
    const { publicKey } = new crypto.X509Certificate(fs.readFileSync(file));
    const der = publicKey.export({ type: 'spki', format: 'der' });
    return crypto.createHash('sha256').update(der).digest('base64');
}

async function script() {
    const built = await esbuild.build({
        stdin: {
            contents: fs.readFileSync(path.join(__dirname, 'phone.js'), 'utf8'),
            resolveDir: process.env.PERCH_MODULES,
        },
        bundle: true,
        format: 'iife',
        write: false,
        logLevel: 'silent',
        platform: 'browser',
        nodePaths: [process.env.PERCH_MODULES],
    });
    return built.outputFiles[0].text;
}

function serve(code) {
    const page = '<!doctype html><title>phone</title><audio id="other"></audio><script src="/phone.js"></script>';
    const server = http.createServer((request, response) => {
        const isScript = request.url === '/phone.js';
        const type = isScript ? 'text/javascript' : 'text/html';
        response.writeHead(200, { 'content-type': `${type}; charset=utf-8` });
        response.end(isScript ? code : page);
    });
    return new Promise((done) => {
        server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${server.address().port}/`));
    });
}

async function main() {
    const at = await serve(await script());
    const context = await chromium.launchPersistentContext(process.env.PERCH_PROFILE, {
        executablePath: process.env.PERCH_BROWSER,
        headless: true,
        args: [...FLAGS, `--ignore-certificate-errors-spki-list=${fingerprint(process.env.PERCH_CERTIFICATE)}`],
    });
    const pages = new Map();
    const say = (text) => process.stdout.write(`${JSON.stringify(text)}\n`);
    const act = async ({ open, page, verb, with: words = [] }) => {
        if (open) {
            const opened = await context.newPage();
            opened.on('console', (line) => process.stderr.write(`${open}: ${line.text()}\n`));
            opened.on('pageerror', (error) => process.stderr.write(`${open}: ${error}\n`));
            await opened.goto(at);
            pages.set(open, opened);
            return 'open';
        }
        return pages.get(page).evaluate(([name, given]) => window.phone[name](...given), [verb, words]);
    };
    say({ said: 'ready' });
    for await (const line of readline.createInterface({ input: process.stdin })) {
        try {
            say({ said: await act(JSON.parse(line)) });
        } catch (error) {
            say({ failed: String(error.message) });
        }
    }
    await context.close();
    process.exit(0);
}

main().catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exit(1);
});
