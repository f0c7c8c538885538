//! A parser for server-sent events in a body that is still arriving.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>. Each frame keeps its bytes
//! beside the parsed event. The frames joined are the body again, byte for byte.

use bytes::{Bytes, BytesMut};

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// All bytes up to an empty line, including that line, and the parsed event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) raw: Bytes,
    /// The name of the event; `None` if it has none, as in chat completions.
    pub(super) name: Option<String>,
    /// The data, with its lines joined by line feeds; `None` if the frame has only a comment or nothing.
    pub(super) data: Option<String>,
}

/// Takes pieces of a body and returns its frames. The cuts between the pieces make no difference.
#[derive(Debug, Default)]
pub(super) struct FrameParser {
    buffer: BytesMut,
    /// The beginning of the current line. `searched` is the position up to which its end has been searched.
    line: usize,
    searched: usize,
    has_begun: bool,
    name: Option<String>,
    data: Option<String>,
}

impl FrameParser {
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The number of bytes that wait for the end of their frame.
    pub(super) fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Returns the next complete frame.
    pub(super) fn next(&mut self) -> Option<Frame> {
        loop {
            let (end, next) = self.line_end()?;
            let line = self.buffer[self.line..end].to_vec();
            (self.line, self.searched) = (next, next);
            if self.read(&line) {
                return Some(self.cut());
            }
        }
    }

    /// Returns the rest of the body after its last complete frame. An unfinished line counts as a line here, because
    /// some servers leave out the last line breaks.
    pub(super) fn finish(mut self) -> Option<Frame> {
        let rest = self.buffer[self.line..].to_vec();
        if rest.is_empty() && self.line == 0 {
            return None;
        }
        self.read(rest.strip_suffix(b"\r").unwrap_or(&rest));
        self.line = self.buffer.len();
        Some(self.cut())
    }

    /// Returns the end of the current line, and the beginning of the next one. After a carriage return the next byte
    /// decides whether the line break has one byte or two.
    fn line_end(&mut self) -> Option<(usize, usize)> {
        let found = self.buffer[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let Some(end) = found.map(|offset| self.searched + offset) else {
            self.searched = self.buffer.len();
            return None;
        };
        self.searched = end;
        if self.buffer[end] == b'\n' {
            return Some((end, end + 1));
        }
        let after = *self.buffer.get(end + 1)?;
        Some((end, if after == b'\n' { end + 2 } else { end + 1 }))
    }

    /// Reads one line. Reports whether it is the empty line that ends a frame.
    fn read(&mut self, line: &[u8]) -> bool {
        // A byte order mark before the first line means nothing.
        let line = if self.has_begun { line } else { line.strip_prefix(BOM).unwrap_or(line) };
        self.has_begun = true;
        if line.is_empty() {
            return true;
        }
        let line = String::from_utf8_lossy(line);
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.name = Some(value.to_owned()),
            "data" => match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // A comment has an empty field name. An ID and a reconnection time are for clients that reconnect.
            _ => {}
        }
        false
    }

    fn cut(&mut self) -> Frame {
        let raw = self.buffer.split_to(self.line).freeze();
        (self.line, self.searched) = (0, 0);
        let (name, data) = (self.name.take().filter(|name| !name.is_empty()), self.data.take());
        Frame { raw, name: name.filter(|_| data.is_some()), data }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Parses a body in these pieces. Returns its frames and the rest.
    fn parsed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<Frame>) {
        let (mut parser, mut frames) = (FrameParser::default(), Vec::new());
        for piece in pieces {
            parser.push(piece);
            frames.extend(std::iter::from_fn(|| parser.next()));
        }
        (frames, parser.finish())
    }

    /// Returns names and data of the events.
    fn events(body: &str) -> Vec<(Option<String>, String)> {
        let (frames, _) = parsed([body.as_bytes()]);
        frames.into_iter().filter_map(|frame| Some((frame.name, frame.data?))).collect()
    }

    fn data(body: &str) -> Vec<String> {
        events(body).into_iter().map(|(_, data)| data).collect()
    }

    #[test]
    fn events_end_at_empty_lines_whatever_ends_a_line() {
        for body in ["data: a\n\ndata: b\n\n", "data: a\r\n\r\ndata: b\r\n\r\n", "data:a\r\rdata:b\r\r\n"] {
            assert_eq!(data(body), ["a", "b"], "{body:?}");
        }
    }

    #[test]
    fn lines_of_data_are_joined_and_one_space_is_no_part_of_them() {
        assert_eq!(data("data: a\ndata:  b\ndata\ndata:c\n\n"), ["a\n b\n\nc"]);
        assert_eq!(data("data\n\n"), [""]);
    }

    #[test]
    fn comments_ids_and_unknown_fields_are_no_events() {
        assert_eq!(data(": keep alive\n\nid: 7\nretry: 10\nother: x\n\n\n\ndata: a\n\n"), ["a"]);
        assert_eq!(data(":data: a\n\n"), Vec::<String>::new());
    }

    #[test]
    fn a_name_is_that_of_its_own_event() {
        let expected = [(Some("x".to_owned()), "1".to_owned()), (None, "2".to_owned()), (None, "3".to_owned())];
        assert_eq!(events("event: x\ndata: 1\n\ndata: 2\n\nevent: lost\n\ndata: 3\n\n"), expected);
    }

    #[test]
    fn a_byte_order_mark_stands_before_the_first_line_alone() {
        assert_eq!(data("\u{FEFF}data: a\n\n"), ["a"]);
        assert_eq!(data("data: a\n\n\u{FEFF}data: b\n\n"), ["a"]);
    }

    #[test]
    fn what_has_no_empty_line_after_it_is_what_is_left() {
        for (body, left) in [("data: a\n", "a"), ("data: a", "a"), ("data: a\r", "a"), ("data: a\r\n\r", "a")] {
            let (frames, rest) = parsed([body.as_bytes()]);
            assert_eq!(frames, [], "{body:?}");
            let rest = rest.unwrap();
            assert_eq!((rest.data.as_deref(), &rest.raw[..]), (Some(left), body.as_bytes()));
        }
        assert_eq!(parsed([b"data: a\n\n".as_slice()]).1, None);
    }

    #[test]
    fn what_is_not_utf8_is_replaced_and_passed_on_as_it_was() {
        let (frames, _) = parsed([b"data: \xFF\n\n".as_slice()]);
        assert_eq!((frames[0].data.as_deref(), &frames[0].raw[..]), (Some("\u{FFFD}"), b"data: \xFF\n\n".as_slice()));
    }

    /// A body in which bytes with a meaning for the parser are frequent.
    fn body() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            Just(b"\n".to_vec()),
            Just(b"\r".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\n\n".to_vec()),
            Just(b"data:".to_vec()),
            Just(b"data: x".to_vec()),
            Just(b"event: e".to_vec()),
            Just(b": comment".to_vec()),
            Just("é".as_bytes().to_vec()),
            Just(BOM.to_vec()),
            proptest::collection::vec(any::<u8>(), 0..4),
        ];
        proptest::collection::vec(part, 0..30).prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn any_split_of_a_body_gives_the_same_events(body in body(), mut cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
            let whole = parsed([body.as_slice()]);
            prop_assert_eq!(&parsed(body.chunks(1)), &whole);
            let mut at: Vec<usize> = cuts.drain(..).map(|cut| cut.index(body.len() + 1)).collect();
            at.extend([0, body.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &body[pair[0]..pair[1]]).collect();
            prop_assert_eq!(&parsed(pieces), &whole);
        }

        #[test]
        fn the_frames_together_are_the_body(body in body()) {
            let (frames, rest) = parsed(body.chunks(3));
            let joined: Vec<u8> = frames.iter().chain(&rest).flat_map(|frame| frame.raw.to_vec()).collect();
            prop_assert_eq!(joined, body);
        }
    }
}
