//! The content of a page blob: written ranges, with zeros between them. This module does not depend on HTTP.

use std::sync::Arc;

use super::store::{BlobPart, Piece};

/// Bytes of a page; every offset and length is a multiple of this.
pub(super) const PAGE: u64 = 512;

/// Returns the pieces from byte `from` up to, but not including, byte `to`.
pub(super) fn slice(pieces: &[Piece], from: u64, to: u64) -> Vec<Piece> {
    let mut start = 0;
    let mut slices = Vec::new();
    for piece in pieces {
        let (first, end) = (from.max(start), to.min(start + piece.length));
        if first < end {
            let offset = piece.offset + (first - start);
            slices.push(Piece { part: piece.part.clone(), offset, length: end - first });
        }
        start += piece.length;
    }
    slices
}

/// Returns the pieces after `new` has replaced the bytes from `from` on.
pub(super) fn overlay(pieces: &[Piece], from: u64, new: Piece) -> Vec<Piece> {
    let end = from + new.length;
    let mut result = slice(pieces, 0, from);
    result.push(new);
    result.extend(slice(pieces, end, u64::MAX));
    merge_zeros(result)
}

/// Cuts the pieces, or appends zeros, to get this length.
pub(super) fn resize(pieces: &[Piece], length: u64) -> Vec<Piece> {
    let mut result = slice(pieces, 0, length);
    let now: u64 = result.iter().map(|piece| piece.length).sum();
    if now < length {
        result.push(Piece::zeros(length - now));
    }
    merge_zeros(result)
}

/// Returns the written bytes from `from` up to, but not including, `to`: first and last byte of each stretch.
pub(super) fn written(pieces: &[Piece], from: u64, to: u64) -> Vec<(u64, u64)> {
    let mut stretches: Vec<(u64, u64)> = Vec::new();
    let mut start = from;
    for piece in slice(pieces, from, to) {
        let end = start + piece.length;
        match stretches.last_mut() {
            _ if piece.part.is_none() => {}
            Some(last) if last.1 + 1 == start => last.1 = end - 1,
            _ => stretches.push((start, end - 1)),
        }
        start = end;
    }
    stretches
}

/// The change of a stretch of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    Written,
    Cleared,
}

/// Returns the changed pages from `from` up to, but not including, `to`: first and last byte of each stretch.
pub(super) fn changed(old: &[Piece], new: &[Piece], from: u64, to: u64) -> Vec<(u64, u64, Page)> {
    let mut bounds: Vec<u64> = ends(old).chain(ends(new)).filter(|end| (from..to).contains(end)).collect();
    bounds.extend([from, to]);
    bounds.sort_unstable();
    bounds.dedup();
    let mut stretches: Vec<(u64, u64, Page)> = Vec::new();
    for (first, end) in bounds.iter().zip(bounds.iter().skip(1)) {
        let (was, is) = (content_at(old, *first), content_at(new, *first));
        let page = if is.is_some() { Page::Written } else { Page::Cleared };
        match stretches.last_mut() {
            _ if was == is => {}
            Some(last) if last.1 + 1 == *first && last.2 == page => last.1 = end - 1,
            _ => stretches.push((*first, end - 1, page)),
        }
    }
    stretches
}

/// Returns the end of each piece.
fn ends(pieces: &[Piece]) -> impl Iterator<Item = u64> {
    pieces.iter().scan(0, |start, piece| {
        *start += piece.length;
        Some(*start)
    })
}

/// Returns the file that holds a byte, and the byte's place in it; none for a zero that no file holds. Files never
/// change, so the same place means the same content.
fn content_at(pieces: &[Piece], byte: u64) -> Option<(*const BlobPart, u64)> {
    let mut start = 0;
    for piece in pieces {
        if byte < start + piece.length {
            return piece.part.as_ref().map(|part| (Arc::as_ptr(part), piece.offset + (byte - start)));
        }
        start += piece.length;
    }
    None
}

fn merge_zeros(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut merged: Vec<Piece> = Vec::with_capacity(pieces.len());
    for piece in pieces {
        match merged.last_mut() {
            Some(last) if last.part.is_none() && piece.part.is_none() => last.length += piece.length,
            _ => merged.push(piece),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(pieces: &[Piece]) -> Vec<u64> {
        pieces.iter().map(|piece| piece.length).collect()
    }

    #[test]
    fn zeros_stay_one_piece() {
        let pieces = overlay(&resize(&[], 4096), 512, Piece::zeros(512));
        assert_eq!(lengths(&pieces), [4096]);
        assert_eq!(lengths(&resize(&pieces, 1024)), [1024]);
        assert_eq!(written(&pieces, 0, 4096), []);
    }
}
