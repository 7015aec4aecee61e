//! Made-up traces of any size, with the events that recordings of slow pages have, in about their proportions.

use std::fmt::Write as _;

/// The main thread of the page: process and thread.
const MAIN: (u32, u32) = (4_242, 1);

/// What the browser around it does, of which nothing is kept.
const OTHER: (u32, u32) = (4_200, 9);

/// A trace of about so many bytes, a line an event. The same size gives the same bytes.
pub fn trace(bytes: usize) -> String {
    let mut trace = Trace { text: String::with_capacity(bytes + 20_000), at_us: 5_000_000_000 };
    trace.text.push_str("{\"traceEvents\":[\n");
    trace.begin();
    let mut round = 0;
    while trace.text.len() < bytes {
        trace.round(round);
        round += 1;
    }
    trace.text.truncate(trace.text.trim_end_matches(",\n").len());
    trace.text.push_str("],\"metadata\":{\"clock-domain\":\"LINUX_CLOCK_MONOTONIC\"}}");
    trace.text
}

struct Trace {
    text: String,
    at_us: u64,
}

impl Trace {
    fn event(&mut self, of: (u32, u32), category: &str, name: &str, duration_us: u64, args: &str) {
        self.at_us += 40;
        let (pid, tid) = of;
        let at_us = self.at_us;
        let _ = writeln!(
            self.text,
            "{{\"args\":{args},\"cat\":\"{category}\",\"dur\":{duration_us},\"name\":\"{name}\",\"ph\":\"X\",\"pid\":{pid},\"tdur\":{duration_us},\"tid\":{tid},\"ts\":{at_us},\"tts\":{at_us}}},"
        );
    }

    fn begin(&mut self) {
        self.event(MAIN, "__metadata", "thread_name", 0, r#"{"name":"CrRendererMain"}"#);
        let frames =
            r#"{"data":{"frames":[{"frame":"F0","isOutermostMainFrame":true,"processId":4242,"url":"http://a/"}]}}"#;
        self.event(OTHER, "disabled-by-default-devtools.timeline", "TracingStartedInBrowser", 0, frames);
        let navigation =
            r#"{"data":{"documentLoaderURL":"http://a/","isLoadingMainFrame":true,"navigationId":"N0"},"frame":"F0"}"#;
        self.event(MAIN, "blink.user_timing", "navigationStart", 0, navigation);
        let paint = r#"{"data":{"navigationId":"N0"},"frame":"F0"}"#;
        self.event(MAIN, "loading,rail,devtools.timeline", "firstContentfulPaint", 0, paint);
        let profile = r#"{"data":{"startTime":5000000000}}"#;
        self.text.push_str(
            "{\"id\":\"0x1\",\"name\":\"Profile\",\"ph\":\"P\",\"pid\":4242,\"tid\":1,\"ts\":5000000000,\"args\":",
        );
        self.text.push_str(profile);
        self.text.push_str("},\n");
    }

    /// What a turn of the page's loop leaves behind.
    fn round(&mut self, round: u64) {
        let timeline = "disabled-by-default-devtools.timeline";
        for _ in 0..10 {
            self.event(OTHER, timeline, "RunTask", 30, "{}");
        }
        self.event(MAIN, timeline, "RunTask", 400 + 60_000 * u64::from(round.is_multiple_of(100)), "{}");
        for node in 0..5 {
            let data = format!(
                r#"{{"data":{{"frame":"F0","nodeId":{},"nodeName":"DIV class='row row-{node}'","reason":"Style changed"}}}}"#,
                round * 5 + node
            );
            self.event(MAIN, timeline, "LayoutInvalidationTracking", 0, &data);
            let parsed = r#"{"beginData":{"frame":"F0","startLine":0,"url":"http://a/"},"endData":{"endLine":-1}}"#;
            self.event(MAIN, "devtools.timeline", "ParseHTML", 12, parsed);
        }
        let counters = r#"{"data":{"documents":4,"jsEventListeners":120,"jsHeapSizeUsed":11783480,"nodes":23400}}"#;
        self.event(MAIN, timeline, "UpdateCounters", 0, counters);
        self.forced(round);
        self.samples(round);
    }

    fn forced(&mut self, round: u64) {
        let begin = format!(
            r#""frame":"F0","sampleTraceId":{},"stackTrace":[{{"columnNumber":14,"functionName":"reflow","lineNumber":{},"scriptId":"3","url":"http://a/app.js"}}]"#,
            2_551_408_009_126_000 + round,
            10 + round % 20
        );
        let style = format!(r#"{{"beginData":{{{begin}}},"elementCount":12}}"#);
        self.event(MAIN, "blink,devtools.timeline", "UpdateLayoutTree", 90, &style);
        let layout = format!(
            r#"{{"beginData":{{"dirtyObjects":5,{begin},"partialLayout":false,"totalObjects":900}},"endData":{{"layoutRoots":[{{"depth":1,"nodeId":6,"quads":[[0,0,1440,0,1440,1236,0,1236]]}}]}}}}"#
        );
        self.event(MAIN, "devtools.timeline", "Layout", 150, &layout);
    }

    fn samples(&mut self, round: u64) {
        let node = 3 + round % 200;
        let parent = (2 + round % 199).min(node - 1);
        let (moment, at_us) = (2_551_408_009_126_000 + round, self.at_us);
        let _ = write!(
            self.text,
            r#"{{"args":{{"data":{{"cpuProfile":{{"nodes":[{{"callFrame":{{"codeType":"JS","columnNumber":15,"functionName":"f{node}","lineNumber":{node},"scriptId":3,"url":"http://a/app.js"}},"id":{node},"parent":{parent}}}],"samples":[{node}"#
        );
        for at in 0..99 {
            let _ = write!(self.text, ",{}", if at % 3 == 0 { node } else { 3 });
        }
        let _ = write!(self.text, r#"],"trace_ids":{{"{moment}":{node}}}}},"timeDeltas":[120"#);
        for at in 0..99 {
            let _ = write!(self.text, ",{}", 120 + at);
        }
        let _ = writeln!(
            self.text,
            r#"]}}}},"cat":"disabled-by-default-v8.cpu_profiler","id":"0x1","name":"ProfileChunk","ph":"P","pid":4242,"tid":7,"ts":{at_us}}},"#
        );
    }
}
