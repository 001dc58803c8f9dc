"""Turns ID3v2.2 tags into ID3v2.3, the first version for which TC260-PG-202510A has a place."""

from __future__ import annotations

import re
from dataclasses import replace

from synthmark.errors import UnsupportedMediaError
from synthmark.metadata.id3 import Frame, Tag

__all__ = ["upgraded"]

# ID3v2.3.0, section 4, gives each frame of 2.2 its new name; the last two lines are names of iTunes.
_NAMES = dict(
    re.findall(
        r"(\w+):(\w+)",
        """
        BUF:RBUF CNT:PCNT COM:COMM CRA:AENC ETC:ETCO EQU:EQUA GEO:GEOB IPL:IPLS MCI:MCDI MLL:MLLT PIC:APIC
        POP:POPM REV:RVRB RVA:RVAD SLT:SYLT STC:SYTC TAL:TALB TBP:TBPM TCM:TCOM TCO:TCON TCR:TCOP TDA:TDAT
        TDY:TDLY TEN:TENC TFT:TFLT TIM:TIME TKE:TKEY TLA:TLAN TLE:TLEN TMT:TMED TOA:TOPE TOF:TOFN TOL:TOLY
        TOR:TORY TOT:TOAL TP1:TPE1 TP2:TPE2 TP3:TPE3 TP4:TPE4 TPA:TPOS TPB:TPUB TRC:TSRC TRD:TRDA TRK:TRCK
        TSI:TSIZ TSS:TSSE TT1:TIT1 TT2:TIT2 TT3:TIT3 TXT:TEXT TXX:TXXX TYE:TYER UFI:UFID ULT:USLT WAF:WOAF
        WAR:WOAR WAS:WOAS WCM:WCOM WCP:WCOP WPB:WPUB WXX:WXXX
        TCP:TCMP TST:TSOT TSA:TSOA TSP:TSOP TS2:TSO2 TSC:TSOC PCS:PCST TCT:TCAT TDR:TDRL TDS:TDES TID:TGID
        TKW:TKWD WFD:WFED GP1:GRP1 MVN:MVNM MVI:MVIN
        """,
    )
)
_IMAGES = {b"JPG": b"image/jpeg", b"PNG": b"image/png", b"-->": b"-->"}


def upgraded(tag: Tag) -> Tag:
    """Give a tag of version 2.3 with the same content; others are as they should be already.

    Raises
    ------
    UnsupportedMediaError
        A frame has no counterpart.
    """
    if tag.version != 2:
        return tag
    return replace(tag, version=3, frames=tuple(map(_upgraded, tag.frames)))


def _upgraded(frame: Frame) -> Frame:
    name = _NAMES.get(frame.id.decode("latin-1"))
    if name is None:
        raise UnsupportedMediaError(
            f"the frame {frame.id!r} of the ID3v2.2 tag has no counterpart in ID3v2.3; convert the tag first"
        )
    data = _picture(frame.data) if name == "APIC" else frame.data
    return Frame(name.encode(), b"\0\0", data, data)


def _picture(data: bytes) -> bytes:
    """Write the form of a picture, three letters, as its media type."""
    form = data[1:4].upper()
    return data[:1] + _IMAGES.get(form, b"image/" + form.lower()) + b"\0" + data[4:]
