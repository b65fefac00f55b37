// The page: a phone made with JsSIP. The test presses its buttons by calling what is on `window.phone`.
import JsSIP from 'jssip';

const audio = () => document.getElementById('other');

// What is heard is played: a stream that nobody plays is not decoded.
function play(connection) {
    connection.addEventListener('track', (event) => {
        audio().srcObject = event.streams[0] || new MediaStream([event.track]);
        audio().play().catch(() => {});
    });
}

function wait(what, look) {
    return new Promise((found, failed) => {
        const end = Date.now() + 20000;
        const again = () => {
            const seen = look();
            if (seen) return found(seen);
            if (Date.now() > end) return failed(new Error(`waited in vain until ${what}`));
            setTimeout(again, 20);
        };
        again();
    });
}

class Phone {
    constructor() {
        this.sessions = [];
        this.ended = [];
    }

    get session() {
        return this.sessions[this.sessions.length - 1];
    }

    async registers(socket, user, password) {
        this.ua = new JsSIP.UA({
            sockets: [new JsSIP.WebSocketInterface(socket)],
            uri: `sip:${user}@perch.invalid`,
            authorization_user: user,
            password,
            register: true,
            session_timers: false,
        });
        this.ua.on('newRTCSession', ({ session }) => this.takes(session));
        let said;
        this.ua.on('registered', () => { said = 'registered'; });
        this.ua.on('registrationFailed', ({ cause }) => { said = `refused: ${cause}`; });
        this.ua.start();
        return wait('it is registered', () => said);
    }

    takes(session) {
        this.sessions.push(session);
        if (session.connection) play(session.connection);
        session.on('peerconnection', ({ peerconnection }) => play(peerconnection));
        const over = ({ message, cause }) => {
            const status = message && message.status_code;
            const reason = message && message.getHeader && message.getHeader('Reason');
            this.ended.push([status, cause, reason].filter(Boolean).join(' | '));
            this.sessions = this.sessions.filter((other) => other !== session);
        };
        session.on('ended', over);
        session.on('failed', over);
    }

    dials(number) {
        this.ended = [];
        this.ua.call(`sip:${number}@perch.invalid`, {
            mediaConstraints: { audio: true, video: false },
            pcConfig: { iceServers: [] },
        });
        return 'dialled';
    }

    async rings() {
        const session = await wait('it rings', () => {
            const coming = this.session;
            return coming && coming.direction === 'incoming' && !coming.isEstablished() && coming;
        });
        return session.remote_identity.uri.user;
    }

    answers() {
        this.session.answer({
            mediaConstraints: { audio: true, video: false },
            pcConfig: { iceServers: [] },
            // Without it JsSIP has nothing to say to a call without an offer, as a transfer makes it.
            rtcOfferConstraints: { offerToReceiveAudio: true },
        });
        return 'answered';
    }

    async talks() {
        await wait('the call is answered', () => this.session && this.session.isEstablished());
        return 'talks';
    }

    // So many packets more are sent and heard.
    async converses(packets) {
        const first = await this.counted();
        const end = Date.now() + 20000;
        for (;;) {
            const now = await this.counted();
            const both = now.sent - first.sent >= packets && now.heard - first.heard >= packets;
            if (both && now.state === 'connected') return now.codec;
            if (Date.now() > end) {
                throw new Error(`waited in vain for packets: ${JSON.stringify({ first, now })}`);
            }
            await new Promise((next) => { setTimeout(next, 50); });
        }
    }

    async counted() {
        const connection = this.session.connection;
        const seen = { sent: 0, heard: 0, state: connection.connectionState, codec: '' };
        const report = await connection.getStats();
        report.forEach((one) => {
            if (one.type === 'outbound-rtp') seen.sent += one.packetsSent;
            if (one.type === 'inbound-rtp') {
                seen.heard += one.packetsReceived;
                const codec = report.get(one.codecId);
                if (codec) seen.codec = codec.mimeType.replace('audio/', '');
            }
        });
        return seen;
    }

    // The tone that is heard, in hertz.
    async tone() {
        const context = new AudioContext();
        await context.resume();
        const analyser = context.createAnalyser();
        analyser.fftSize = 16384;
        context.createMediaStreamSource(audio().srcObject).connect(analyser);
        const bins = new Float32Array(analyser.frequencyBinCount);
        const loudest = await wait('something is heard', () => {
            analyser.getFloatFrequencyData(bins);
            const most = bins.reduce((best, value, bin) => (value > bins[best] ? bin : best), 0);
            return bins[most] > -50 && most;
        });
        const hertz = (loudest * context.sampleRate) / analyser.fftSize;
        await context.close();
        return String(Math.round(hertz / 10) * 10);
    }

    // Where the sound comes from, once ICE has settled on it.
    async partner() {
        const end = Date.now() + 20000;
        for (;;) {
            const report = await this.session.connection.getStats();
            let at;
            report.forEach((one) => {
                if (one.type === 'candidate-pair' && one.nominated && one.state === 'succeeded') {
                    const remote = report.get(one.remoteCandidateId);
                    at = `${remote.address}:${remote.port}`;
                }
            });
            if (at) return at;
            if (Date.now() > end) throw new Error('waited in vain for ICE to settle');
            await new Promise((next) => { setTimeout(next, 50); });
        }
    }

    async holds() {
        return this.changes('holds', 'hold');
    }

    async resumes() {
        return this.changes('resumes', 'unhold');
    }

    changes(what, how) {
        return new Promise((done, failed) => {
            setTimeout(() => failed(new Error(`waited in vain until it ${what}`)), 20000);
            if (!this.session[how]({}, () => done(what))) failed(new Error(`it cannot: ${how}`));
        });
    }

    transfers(number) {
        this.session.refer(`sip:${number}@perch.invalid`);
        return 'transfers';
    }

    hangs_up() {
        this.session.terminate();
        return 'hung up';
    }

    async is_left() {
        return wait('the call is over', () => !this.session && this.ended[this.ended.length - 1]);
    }
}

window.phone = new Phone();
