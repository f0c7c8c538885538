//! Reads protobuf by field numbers, without the structs under test.

/// One message: field numbers and their contents, in the received order.
#[derive(Clone, Debug, Default)]
pub(super) struct Message(Vec<(u64, Field)>);

#[derive(Clone, Debug)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Message {
    pub(super) fn read(mut bytes: &[u8]) -> Self {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let field = match tag & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => Field::Number(u64::from_le_bytes(take(&mut bytes, 8).try_into().unwrap())),
                2 => {
                    let length = varint(&mut bytes);
                    Field::Bytes(take(&mut bytes, length.try_into().unwrap()).to_vec())
                }
                5 => Field::Number(u32::from_le_bytes(take(&mut bytes, 4).try_into().unwrap()).into()),
                other => panic!("wire type {other}"),
            };
            fields.push((tag >> 3, field));
        }
        Self(fields)
    }

    pub(super) fn all(&self, number: u64) -> impl Iterator<Item = Message> {
        self.0.iter().filter(move |(known, _)| *known == number).map(move |(_, field)| match field {
            Field::Bytes(bytes) => Self::read(bytes),
            Field::Number(_) => panic!("{number} is no message"),
        })
    }

    /// Returns the only message at the end of this path of numbers. If no message is there, returns an empty one.
    pub(super) fn at(&self, path: &[u64]) -> Message {
        path.iter().fold(self.clone(), |message, number| message.all(*number).next().unwrap_or_default())
    }

    /// Returns all messages at the end of this path.
    pub(super) fn each(&self, path: &[u64]) -> Vec<Message> {
        let Some((first, rest)) = path.split_first() else { return vec![self.clone()] };
        self.all(*first).flat_map(|message| message.each(rest)).collect()
    }

    pub(super) fn text(&self, number: u64) -> String {
        String::from_utf8(self.bytes(number)).unwrap()
    }

    pub(super) fn hex(&self, number: u64) -> String {
        self.bytes(number).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn number(&self, number: u64) -> u64 {
        match self.0.iter().find(|(known, _)| *known == number) {
            Some((_, Field::Number(value))) => *value,
            Some((_, Field::Bytes(_))) => panic!("{number} is no number"),
            None => 0,
        }
    }

    fn bytes(&self, number: u64) -> Vec<u8> {
        match self.0.iter().find(|(known, _)| *known == number) {
            Some((_, Field::Bytes(bytes))) => bytes.clone(),
            Some((_, Field::Number(_))) => panic!("{number} has no bytes"),
            None => Vec::new(),
        }
    }

    /// Returns the value of an attribute below `number` as text. A missing attribute gives an empty text.
    pub(super) fn attribute(&self, number: u64, name: &str) -> String {
        let pair = self.all(number).find(|pair| pair.text(1) == name);
        pair.map_or_else(String::new, |pair| value(&pair.at(&[2])))
    }
}

fn value(any: &Message) -> String {
    match any.0.first() {
        Some((1, _)) => any.text(1),
        Some((2, Field::Number(value))) => (*value == 1).to_string(),
        Some((3, Field::Number(value))) => value.cast_signed().to_string(),
        Some((4, Field::Number(value))) => f64::from_bits(*value).to_string(),
        Some((5, _)) => any.at(&[5]).all(1).map(|any| value(&any)).collect::<Vec<_>>().join(","),
        other => panic!("{other:?}"),
    }
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = bytes.split_at(length);
    *bytes = rest;
    taken
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}
