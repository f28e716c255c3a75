import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisation', '0004_teaching_groups'),
        ('study', '0005_growing_slices_reserve'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CourseGroup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='course_groups', to='study.activity')),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='course_groups', to='organisation.teachinggroup', verbose_name='教学班')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('course', 'group'), name='group_studies_course_once')],
            },
        ),
    ]
