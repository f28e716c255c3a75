"""What is studied: course pages, lessons and their blocks, media, reflections, class plans, certificates."""
