"""What the visible labels of pictures and of video share: wording, font, layout, places and the plate."""
